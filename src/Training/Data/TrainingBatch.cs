namespace InstructDiffusion.Training.Data;

/// <summary>
/// One part of a step's batch in managed memory, made by the loader's threads. All randomness is in it, so that the same batch
/// trains the same way on any worker.
/// </summary>
/// <param name="Tasks">Kind of task of each row.</param>
public abstract record TrainingBatch(IReadOnlyList<string> Tasks)
{
    /// <summary>Samples, B.</summary>
    public int Rows => Tasks.Count;
}

/// <summary>Pictures for the autoencoder.</summary>
/// <param name="Pixels">[B, 3, H, W] in [−1, 1].</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="PosteriorNoise">[B, C, h, w] for the draw from the posterior.</param>
/// <param name="Tasks">Kind of task of each row.</param>
public sealed record PictureBatch(
    float[] Pixels,
    int Height,
    int Width,
    float[] PosteriorNoise,
    IReadOnlyList<string> Tasks
) : TrainingBatch(Tasks);

/// <summary>Samples for a diffusion model: pictures to encode, or latents encoded before.</summary>
/// <param name="Pictures">Pictures; null when <paramref name="Latents"/> are there.</param>
/// <param name="Latents">Latents from a cache; null when <paramref name="Pictures"/> are there.</param>
/// <param name="Texts">Text states from a cache; null when <paramref name="Ids"/> are to be encoded.</param>
/// <param name="Ids">[B, L] token ids; empty when <paramref name="Texts"/> are there.</param>
/// <param name="Timesteps">[B], 0…T−1.</param>
/// <param name="Noise">[B, C, h, w] the ε that is added.</param>
/// <param name="PosteriorNoise">[B, C, h, w] for the draw of the target's latents.</param>
/// <param name="Dropout">[B] uniform in 0…1, see <see cref="Stages.ConditioningDropout"/>.</param>
/// <param name="Tasks">Kind of task of each row.</param>
public sealed record DiffusionBatch(
    PairPixels? Pictures,
    PairLatents? Latents,
    TextStates? Texts,
    long[] Ids,
    long[] Timesteps,
    float[] Noise,
    float[] PosteriorNoise,
    float[] Dropout,
    IReadOnlyList<string> Tasks
) : TrainingBatch(Tasks);

/// <summary>Text states of a batch.</summary>
/// <param name="Given">[B, L, D] of the instructions.</param>
/// <param name="Null">[L, D] of the empty text.</param>
public sealed record TextStates(float[] Given, float[] Null);

/// <summary>Pictures of a batch.</summary>
/// <param name="Source">[B, 3, H, W] in [−1, 1]; null for text to image.</param>
/// <param name="Target">[B, 3, H, W] in [−1, 1].</param>
public sealed record PairPixels(float[]? Source, float[] Target);

/// <summary>Latents of a batch, not scaled.</summary>
/// <param name="SourceMean">[B, C, h, w] mode of the source's posterior; null for text to image.</param>
/// <param name="TargetMean">[B, C, h, w].</param>
/// <param name="TargetLogVariance">[B, C, h, w].</param>
public sealed record PairLatents(float[]? SourceMean, float[] TargetMean, float[] TargetLogVariance);
