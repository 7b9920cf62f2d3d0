using System.Runtime.InteropServices;
using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Features;

/// <summary>Vectors of pictures that <see cref="FeatureStage"/> has written, all in memory.</summary>
internal sealed class FeatureSet : IDisposable
{
    // 4 million vectors of ViT-L/14 are 12 GB.
    private const long MostValues = 4_000_000L * 768;

    private FeatureSet(Tensor vectors, IReadOnlyList<string> names, string clip) =>
        (Vectors, Names, Clip) = (vectors, names, clip);

    /// <summary>fp32 [N, D]; owned by this object.</summary>
    public Tensor Vectors { get; }

    /// <summary>N names of pictures.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Hash of the CLIP that made them.</summary>
    public string Clip { get; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="DatasetException">It is no finished folder of features, or damaged, or too much.</exception>
    public static FeatureSet Open(string folder)
    {
        ShardSet shards = ShardSet.Open(folder);
        if (!string.Equals(shards.Manifest.Stage, FeatureStage.Name, StringComparison.Ordinal))
        {
            throw new DatasetException(
                $"{folder}: holds what stage '{shards.Manifest.Stage}' made, not vectors of 'score features'"
            );
        }
        int size = (int?)shards.Manifest.Settings["size"] ?? 0;
        var names = new List<string>();
        var parts = new List<Tensor>();
        using var scope = NewDisposeScope();
        for (int i = 0; i < shards.Count; i++)
        {
            byte[] bytes = shards.Read(i, FeatureStage.Vectors);
            string[] batch = NamesOf(shards, i);
            bool fits = size > 0 && batch.Length > 0 && bytes.Length == (long)batch.Length * size * sizeof(float);
            if (!fits || ((long)names.Count + batch.Length) * size > MostValues)
            {
                throw new DatasetException(
                    $"{folder}: {shards[i].Id}: {bytes.Length:N0} bytes for {batch.Length} vectors of {size}, after "
                        + $"{names.Count:N0} others"
                );
            }
            parts.Add(tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), [batch.Length, size]));
            names.AddRange(batch);
        }
        if (names.Count == 0)
        {
            throw new DatasetException($"{folder}: no picture could be read");
        }
        string clip = shards.Manifest.Inputs.GetValueOrDefault(FeatureStage.ClipInput, "");
        return new FeatureSet(cat(parts, 0).DetachFromDisposeScope(), names, clip);
    }

    /// <inheritdoc/>
    public void Dispose() => Vectors.Dispose();

    private static string[] NamesOf(ShardSet shards, int index)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(shards.Read(index, FeatureStage.Names), ShardJson.Options)
                ?? [];
        }
        catch (JsonException error)
        {
            throw new DatasetException($"{shards.Folder}: {shards[index].Id}: {error.Message}", error);
        }
    }
}
