using System.Runtime.InteropServices;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>Vectors of one size, row by row.</summary>
/// <param name="Size">Numbers of a vector.</param>
/// <param name="Values">All of them.</param>
internal sealed record FeatureTable(int Size, float[] Values)
{
    /// <summary>Ending of a sample's vector: 32-bit numbers, the lowest byte first.</summary>
    public const string Ending = "features.bin";

    /// <summary>Vectors.</summary>
    public int Count => Size == 0 ? 0 : Values.Length / Size;

    /// <summary>One of them.</summary>
    public ReadOnlySpan<float> Row(int index) => Values.AsSpan(index * Size, Size);

    /// <summary>The vectors of a stage's samples, in their order.</summary>
    /// <exception cref="DatasetException">There is none, or they are of several sizes.</exception>
    public static FeatureTable Of(ShardSet set)
    {
        if (set.Count == 0)
        {
            throw new DatasetException($"{set.Folder}: no region was kept");
        }
        var values = new List<float>();
        int size = 0;
        for (int i = 0; i < set.Count; i++)
        {
            float[] row = OneOf(set, i);
            size = i == 0 ? row.Length : size;
            if (row.Length == 0 || row.Length != size)
            {
                throw new DatasetException($"{set.Folder}: {set[i].Id}: {row.Length} numbers, the first has {size}");
            }
            values.AddRange(row);
        }
        return new FeatureTable(size, [.. values]);
    }

    /// <summary>A vector as a file.</summary>
    public static byte[] ToBytes(float[] vector) => MemoryMarshal.AsBytes<float>(vector).ToArray();

    private static float[] OneOf(ShardSet set, int index)
    {
        try
        {
            return MemoryMarshal.Cast<byte, float>(set.Read(index, Ending)).ToArray();
        }
        catch (BrokenSampleException broken)
        {
            throw new DatasetException($"{broken.Message}; 'construct features' makes them", broken);
        }
    }
}
