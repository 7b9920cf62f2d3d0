namespace InstructDiffusion.Training.Data;

/// <summary>The batches of a run, each a pure function of its step and part. Threads call it side by side.</summary>
public interface IBatchSource
{
    /// <summary>Samples an epoch, for progress.</summary>
    long EpochLength { get; }

    /// <summary>Samples that could not be read and were replaced, so far.</summary>
    long BrokenSamples { get; }

    /// <summary>Makes one part of a step's batch.</summary>
    /// <param name="step">Steps made before, from 0.</param>
    /// <param name="part">Part of the batch, from 0.</param>
    /// <exception cref="DatasetException">Too many samples in a row are broken.</exception>
    TrainingBatch Make(long step, int part);
}
