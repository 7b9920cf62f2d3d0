using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Features;

/// <summary>CLIP's vectors of a folder of pictures, as shards, for the fit of models of quality. An item is a batch of pictures.</summary>
/// <param name="pictures">Which.</param>
/// <param name="clip">Used by one thread at a time.</param>
/// <param name="model">What the records say of it; its hash is part of the stage.</param>
internal sealed class FeatureStage(PictureList pictures, ClipScores clip, ModelNote model) : IShardStage
{
    /// <summary>The stage's name.</summary>
    public const string Name = "vectors";

    /// <summary>Kind of its samples: no pairs.</summary>
    public const string Kind = "vectors";

    /// <summary>Ending of the vectors: little-endian fp32, row by row.</summary>
    public const string Vectors = "f32";

    /// <summary>Ending of the list of the pictures' names.</summary>
    public const string Names = "names.json";

    /// <summary>Under which name the stage's inputs have the CLIP's hash.</summary>
    public const string ClipInput = "clip";

    private const int BatchSize = 32;

    private readonly SamplePictures _reader = new(upright: true);
    private readonly Lock _model = new();

    /// <inheritdoc/>
    public StageIdentity Identity { get; } =
        new(
            Name,
            Version: 1,
            Seed: 0,
            new JsonObject { ["batch"] = BatchSize, ["size"] = clip.Size },
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [ClipInput] = model.Sha256 ?? "",
                ["pictures"] = pictures.Fingerprint(),
            }
        )
        {
            Models = [model],
        };

    /// <inheritdoc/>
    public long Count => (pictures.Names.Count + BatchSize - 1) / BatchSize;

    /// <inheritdoc/>
    public ShardRecord Describe(long item) =>
        new()
        {
            Id = Identity.SampleId(item),
            Kind = Kind,
            Stages = [Identity.Note],
        };

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        var samples = new List<ShardSample>();
        var names = new List<string>();
        var images = new List<RgbImage>();
        foreach (string name in pictures.Names.Skip((int)item * BatchSize).Take(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                images.Add(PictureShape.Require(_reader.Read(pictures.Root, name), name));
                names.Add(name);
            }
            catch (BrokenSampleException broken)
            {
                samples.Add(Rejected(item, samples.Count, broken));
            }
        }
        if (names.Count > 0)
        {
            ShardMember[] members =
            [
                new(Vectors, Embed(images, cancellationToken)),
                new(Names, JsonSerializer.SerializeToUtf8Bytes(names, ShardJson.Options)),
            ];
            samples.Insert(0, new ShardSample(Describe(item), members));
        }
        return samples;
    }

    private byte[] Embed(List<RgbImage> images, CancellationToken cancellationToken)
    {
        lock (_model)
        {
            using var scope = NewDisposeScope();
            float[] values = clip.OfPictures(images, cancellationToken).contiguous().data<float>().ToArray();
            return MemoryMarshal.AsBytes<float>(values).ToArray();
        }
    }

    private ShardSample Rejected(long item, int number, BrokenSampleException broken)
    {
        ShardRecord record = Describe(item);
        return new ShardSample(
            record with
            {
                Id = $"{record.Id}-{number}",
                Rejection = ScoreNotes.CannotBeRead(broken),
            }
        );
    }
}
