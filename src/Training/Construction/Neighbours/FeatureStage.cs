using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>Regions with their vectors: what a collection is searched by.</summary>
/// <param name="regions">What a stage that finds regions has kept.</param>
/// <param name="pictures">The pictures that they are of.</param>
/// <param name="features">Makes the vectors; not disposed.</param>
internal sealed class FeatureStage(ShardSet regions, SourcePictures pictures, IRegionFeatures features) : IShardStage
{
    private const int Version = 1;

    /// <inheritdoc/>
    public StageIdentity Identity { get; } =
        new(
            "features",
            Version,
            Seed: 0,
            new JsonObject { ["features"] = features.Model.Name },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["regions"] = regions.Manifest.Fingerprint }
        )
        {
            Models = [features.Model],
        };

    /// <inheritdoc/>
    public long Count => regions.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item)
    {
        ShardRecord region = regions[(int)item];
        return region with { Id = Identity.SampleId(item), Stages = [.. region.Stages, Identity.Note] };
    }

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        ShardRecord record = Describe(item);
        byte[] maskFile = regions.Read((int)item, ShardMember.Mask);
        WorkingPicture patch = PatchOf(record, regions.ReadPicture((int)item, ShardMember.Mask), pictures);
        float[] vector = features.Of(patch.Image, patch.Mask);
        return Array.TrueForAll(vector, float.IsFinite)
            ?
            [
                new ShardSample(
                    record,
                    new ShardMember(ShardMember.Mask, maskFile),
                    new ShardMember(FeatureTable.Ending, FeatureTable.ToBytes(vector))
                ),
            ]
            : throw new RejectedItemException("the model gave no vector", record.Id);
    }

    /// <summary>A region's part of its picture, and the region in it.</summary>
    /// <param name="record">A region's.</param>
    /// <param name="mask">Its mask file.</param>
    /// <param name="pictures">The pictures.</param>
    /// <exception cref="RejectedItemException">Record, mask and picture do not fit one another.</exception>
    /// <exception cref="Data.BrokenSampleException">The picture cannot be read.</exception>
    public static WorkingPicture PatchOf(ShardRecord record, RgbImage mask, SourcePictures pictures)
    {
        if (record is not { Region: not null, Origin: { } origin })
        {
            throw new RejectedItemException("a record without region or origin", record.Id);
        }
        RgbImage image = pictures.Decode(origin);
        RegionMask region = RegionMask.Of(mask);
        (int x, int y, int width, int height) = region.Box;
        if (image.Width != mask.Width || image.Height != mask.Height || width == 0)
        {
            throw new RejectedItemException("a mask of another size than its picture", record.Id);
        }
        RgbImage part = PictureParts.Crop(image, x, y, width, height);
        return new WorkingPicture(part, RegionMask.Of(PictureParts.Crop(mask, x, y, width, height)));
    }
}
