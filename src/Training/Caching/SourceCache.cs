namespace InstructDiffusion.Training.Caching;

/// <summary>What is cached of one data set.</summary>
/// <param name="Latents">Of its pictures.</param>
/// <param name="Texts">Of its instructions; null where they are encoded every time.</param>
internal sealed record SourceCache(LatentCache Latents, TextCache? Texts) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Latents.Dispose();
        Texts?.Dispose();
    }
}
