using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>Training pairs by index. Any number of threads may read at once.</summary>
public interface IEditDataset
{
    /// <summary>Short name for logs and curves.</summary>
    string Name { get; }

    /// <summary>Pairs in it, at least 1.</summary>
    long Count { get; }

    /// <summary>Changes when the pixels of any pair would: caches are made for one fingerprint, and refused by another.</summary>
    string Fingerprint { get; }

    /// <summary>Reads, augments and renders one pair at the training resolution.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <param name="augmentation">Decides crops, flips and marks; the same stream gives the same pixels.</param>
    /// <param name="phrasing">Decides the wording of the instruction, never the pixels.</param>
    /// <exception cref="BrokenSampleException">This pair cannot be read; another is taken for it and the loss is reported.</exception>
    EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing);

    /// <summary>
    /// What <see cref="Read"/> would give beside the pictures, without making them: for cached latents, which are worded anew at
    /// every visit.
    /// </summary>
    (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing);
}
