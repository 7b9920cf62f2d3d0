namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Tells whether an exception means that the device's memory did not suffice, which less work at once may cure. TorchSharp
/// throws the same type for every native error, so the message decides; the texts are those of libtorch's allocators and of
/// the libraries below it.
/// </summary>
internal static class MemoryExhaustion
{
    private static readonly string[] Signs =
    [
        "out of memory", // CUDA and HIP caching allocators, cudaErrorMemoryAllocation
        "can't allocate memory", // c10's CPU allocator on Unix
        "not enough memory", // the same on Windows
        "ALLOC_FAILED", // CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
        "std::bad_alloc",
    ];

    /// <summary>True when memory was the cause, here or in an inner exception.</summary>
    public static bool IsCauseOf(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (
                cause is OutOfMemoryException
                || Signs.Any(sign => cause.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))
            )
            {
                return true;
            }
        }
        return false;
    }
}
