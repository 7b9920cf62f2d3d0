using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>Pictures with captions by index, for the first stage. Any number of threads may read at once.</summary>
public interface ICaptionDataset
{
    /// <summary>Short name for logs and curves.</summary>
    string Name { get; }

    /// <summary>Pictures in it, at least 1.</summary>
    long Count { get; }

    /// <summary>Changes when the pixels of any picture would.</summary>
    string Fingerprint { get; }

    /// <summary>Reads, augments and renders one picture at the training resolution.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <param name="augmentation">Decides crops, flips and marks; the same stream gives the same pixels.</param>
    /// <param name="phrasing">Decides the wording, never the pixels.</param>
    /// <exception cref="BrokenSampleException">This picture cannot be read; another is taken for it and the loss is reported.</exception>
    CaptionedPicture Read(long index, CounterRandom augmentation, CounterRandom phrasing);

    /// <summary>The caption that <see cref="Read"/> would give, without making pixels.</summary>
    string Caption(long index, CounterRandom augmentation, CounterRandom phrasing);
}
