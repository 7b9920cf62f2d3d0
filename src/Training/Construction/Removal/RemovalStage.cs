using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Construction.Removal;

/// <summary>
/// Removal and addition (specification 5.1 a): a region is filled, and the picture before and after is a pair to remove what was
/// there; the other way round, a pair to add it.
/// </summary>
internal sealed class RemovalStage : IShardStage
{
    private const int Version = 1;

    private readonly ShardSet _regions;
    private readonly SourcePictures _pictures;
    private readonly IInpainter _inpainter;
    private readonly RemovalOptions _options;
    private readonly Wording _removal;
    private readonly Wording _addition;

    /// <param name="regions">What a stage that finds regions has kept.</param>
    /// <param name="pictures">The pictures that they are of.</param>
    /// <param name="inpainter">Fills; not disposed.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of the inpainter's noise.</param>
    /// <exception cref="Data.DatasetException">The phrasings are missing or malformed.</exception>
    public RemovalStage(
        ShardSet regions,
        SourcePictures pictures,
        IInpainter inpainter,
        RemovalOptions options,
        long seed
    )
    {
        (_regions, _pictures, _inpainter, _options) = (regions, pictures, inpainter, options);
        _removal = new Wording(TaskTemplates.Removal, options.Templates);
        _addition = new Wording(TaskTemplates.Addition, options.Templates);
        JsonObject settings = options.ToJson();
        settings["inpainter"] = inpainter.Settings.DeepClone();
        Identity = new StageIdentity(
            "removal",
            Version,
            seed,
            settings,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["regions"] = regions.Manifest.Fingerprint,
                ["removal_phrasings"] = _removal.Fingerprint,
                ["addition_phrasings"] = _addition.Fingerprint,
            }
        )
        {
            Models = [inpainter.Model],
        };
    }

    /// <inheritdoc/>
    public StageIdentity Identity { get; }

    /// <inheritdoc/>
    public long Count => _regions.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item)
    {
        ShardRecord region = _regions[(int)item];
        return region with
        {
            Id = Identity.SampleId(item),
            Kind = PairKinds.Removal,
            Stages = [.. region.Stages, Identity.Note],
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        ShardRecord record = Describe(item);
        if (record is not { Region: { } region, Origin: { } origin })
        {
            throw new RejectedItemException("a record without region or origin", record.Id);
        }
        var mask = RegionMask.Of(_regions.ReadPicture((int)item, ShardMember.Mask));
        RgbImage whole = _pictures.Decode(origin);
        if (whole.Width != mask.Width || whole.Height != mask.Height)
        {
            throw new RejectedItemException(
                "a mask of another size than its picture",
                $"{mask.Width}x{mask.Height}, the picture {whole.Width}x{whole.Height}"
            );
        }
        WorkingPicture working = WorkingPicture.Of(whole, mask, _options.LongestSide);
        RegionMask hole = working.Mask.Dilate(_options.Dilation);
        if (hole.Area > _options.MostArea)
        {
            throw new RejectedItemException("a large region once it is widened", $"{hole.Area:0.000} of the picture");
        }
        long seed = (long)new CounterRandom(Identity.Seed, RandomPurpose.Construction, item).NextBits();
        RgbImage painted = _inpainter.Fill(working.Image, hole, region.Phrase, seed, cancellationToken);
        RgbImage filled = WorkingPicture.Combine(working.Image, painted, hole);
        double change = WorkingPicture.Difference(working.Image, filled, hole);
        if (change < _options.LeastChange)
        {
            throw new RejectedItemException("hardly any change", $"{change:0.00} levels");
        }
        return Pairs(record, region, working, hole, filled);
    }

    private IReadOnlyList<ShardSample> Pairs(
        ShardRecord record,
        RegionNote region,
        WorkingPicture working,
        RegionMask hole,
        RgbImage filled
    )
    {
        byte[] with = ImageCodec.Encode(working.Image, ImageFileFormat.Png);
        byte[] without = ImageCodec.Encode(filled, ImageFileFormat.Png);
        byte[] mask = hole.ToPng();
        (int x, int y, int width, int height) = working.Mask.Box;
        string thing = Wording.Indefinite(Wording.Placed(region.Phrase), region.Name);
        var words = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = Wording.Definite(region.Phrase),
            ["a_object"] = thing,
        };
        ShardRecord removal = record with
        {
            Instructions = _removal.Fill(words),
            Region = region with { Box = [x, y, width, height], Area = Math.Round(working.Mask.Area, 6) },
            SourceCaption = $"a picture with {thing}",
        };
        ShardRecord addition = removal with
        {
            Id = $"{PairKinds.Addition}{record.Id[Identity.Name.Length..]}",
            Kind = PairKinds.Addition,
            Instructions = _addition.Fill(words),
            SourceCaption = null,
            TargetCaption = $"a picture with {thing}",
        };
        return [Sample(removal, with, without, mask), Sample(addition, without, with, mask)];
    }

    private static ShardSample Sample(ShardRecord record, byte[] before, byte[] after, byte[] mask) =>
        new(
            record,
            new ShardMember(ShardMember.Source, before),
            new ShardMember(ShardMember.Target, after),
            new ShardMember(ShardMember.Mask, mask)
        );
}
