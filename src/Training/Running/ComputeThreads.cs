using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>How many threads share libtorch's work of the calling thread.</summary>
internal static class ComputeThreads
{
    /// <summary>
    /// Sets it for the calling thread, for good, and for every thread that has not computed yet, until the next call from wherever:
    /// libtorch gives a thread the number last set by anyone when it first computes, which is done here at once.
    /// </summary>
    /// <param name="count">At least 1.</param>
    public static void Set(int count)
    {
        set_num_threads(count);
        _ = get_num_threads();
    }
}
