using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>Pairs of pictures with their words, wherever they are kept: files, zip or tar members, table rows. Thread-safe.</summary>
internal interface IPairSource
{
    /// <summary>Pairs, at least 1.</summary>
    long Count { get; }

    /// <summary>What to call a pair in errors, e.g. the file of its target.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    string NameOf(long index);

    /// <summary>What is to be done, in words.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <exception cref="BrokenSampleException">It cannot be read.</exception>
    PairText TextOf(long index);

    /// <summary>The picture before and the one after, whole.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <exception cref="BrokenSampleException">One of them cannot be read.</exception>
    (RgbImage Source, RgbImage Target) PicturesOf(long index);
}
