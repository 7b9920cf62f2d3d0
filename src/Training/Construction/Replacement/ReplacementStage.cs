using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>
/// Replacement (specification 5.1 b): for a region, one of its nearest neighbours among a collection's regions is painted in its
/// place. Phrases of both word the instruction; the paper has captions of BLIP-2 and a language model for that.
/// </summary>
internal sealed class ReplacementStage : IShardStage
{
    private const int Version = 1;

    // Looked through for usable ones: of another picture, of another name, not the same thing again.
    private const int NeighboursLookedAt = 200;

    private readonly RegionCollection _queries;
    private readonly RegionCollection _gallery;
    private readonly IExemplarPainter _painter;
    private readonly ReplacementOptions _options;
    private readonly INeighbourIndex _index;
    private readonly Wording _wording;

    /// <param name="queries">What is replaced.</param>
    /// <param name="gallery">By what.</param>
    /// <param name="painter">Paints; not disposed.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of the choice among neighbours, and of the painter's noise.</param>
    /// <param name="cancellationToken">Ends a long building of the index.</param>
    /// <exception cref="Data.DatasetException">The vectors of the two do not fit, or the phrasings are malformed.</exception>
    public ReplacementStage(
        RegionCollection queries,
        RegionCollection gallery,
        IExemplarPainter painter,
        ReplacementOptions options,
        long seed,
        CancellationToken cancellationToken = default
    )
    {
        (_queries, _gallery, _painter, _options) = (queries, gallery, painter, options);
        queries.RequireComparable(gallery);
        _wording = new Wording(TaskTemplates.Replacement, options.Templates);
        JsonObject settings = options.ToJson();
        settings["painter"] = painter.Settings.DeepClone();
        Identity = new StageIdentity(
            "replacement",
            Version,
            seed,
            settings,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["queries"] = queries.Set.Manifest.Fingerprint,
                ["gallery"] = gallery.Set.Manifest.Fingerprint,
                ["phrasings"] = _wording.Fingerprint,
            }
        )
        {
            Models = [painter.Model],
        };
        _index =
            options.Lists > 0
                ? new InvertedLists(gallery.Features, options.Lists, options.Probes, seed, cancellationToken)
                : new ExactIndex(gallery.Features);
    }

    /// <inheritdoc/>
    public StageIdentity Identity { get; }

    /// <inheritdoc/>
    public long Count => _queries.Set.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item)
    {
        ShardRecord region = _queries.Set[(int)item];
        return region with
        {
            Id = Identity.SampleId(item),
            Kind = PairKinds.Replacement,
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
        var random = new CounterRandom(Identity.Seed, RandomPurpose.Construction, item);
        Neighbour chosen = Choose(item, record, ref random);
        ShardRecord other = _gallery.Set[chosen.Index];
        WorkingPicture exemplar = _gallery.Patch(chosen.Index);

        var mask = RegionMask.Of(_queries.Set.ReadPicture((int)item, ShardMember.Mask));
        RgbImage whole = _queries.Pictures.Decode(origin);
        if (whole.Width != mask.Width || whole.Height != mask.Height)
        {
            throw new RejectedItemException("a mask of another size than its picture", record.Id);
        }
        WorkingPicture working = WorkingPicture.Of(whole, mask, _options.LongestSide);
        RegionMask hole = working.Mask.Dilate(_options.Dilation);
        if (hole.Area > _options.MostArea || working.Mask.Area == 0)
        {
            throw new RejectedItemException("a large region once it is widened", $"{hole.Area:0.000} of the picture");
        }
        (RgbImage painted, RegionMask changed) = _painter.Paint(
            working,
            hole,
            exemplar,
            (long)random.NextBits(),
            cancellationToken
        );
        RgbImage target = WorkingPicture.Combine(working.Image, painted, changed);
        (int x, int y, int width, int height) = working.Mask.Box;
        string before = Wording.Indefinite(Wording.Placed(region.Phrase), region.Name);
        string after = Wording.Indefinite(Wording.Bare(other.Region!.Phrase), other.Region.Name);
        ShardRecord pair = record with
        {
            Instructions = _wording.Fill(
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["object"] = Wording.Definite(region.Phrase),
                    ["a_new"] = after,
                }
            ),
            Exemplar = other.Origin,
            Region = region with { Box = [x, y, width, height], Area = Math.Round(working.Mask.Area, 6) },
            SourceCaption = $"a picture with {before}",
            TargetCaption = $"a picture with {after}",
            Scores = new SortedDictionary<string, double>(record.Scores.ToDictionary(), StringComparer.Ordinal)
            {
                ["exemplar_similarity"] = Math.Round(chosen.Similarity, 5),
            },
        };
        return
        [
            new ShardSample(
                pair,
                new ShardMember(ShardMember.Source, ImageCodec.Encode(working.Image, ImageFileFormat.Png)),
                new ShardMember(ShardMember.Target, ImageCodec.Encode(target, ImageFileFormat.Png)),
                new ShardMember(ShardMember.Mask, changed.ToPng())
            ),
        ];
    }

    private Neighbour Choose(long item, ShardRecord record, ref CounterRandom random)
    {
        string name = Wording.Bare(record.Region!.Phrase);
        Neighbour[] usable =
        [
            .. _index
                .Search(_queries.Features.Row((int)item), NeighboursLookedAt)
                .Where(found =>
                    found.Similarity <= _options.MostSimilar && IsAnother(_gallery.Set[found.Index], record, name)
                )
                .Take(_options.Neighbours),
        ];
        return usable.Length > 0
            ? random.Pick(usable)
            : throw new RejectedItemException("no neighbour of another kind", $"'{record.Region.Phrase}'");
    }

    private static bool IsAnother(ShardRecord candidate, ShardRecord record, string name) =>
        candidate is { Region: { } region, Origin: { } origin }
        && !string.Equals(origin.Sha256, record.Origin!.Sha256, StringComparison.Ordinal)
        && !string.Equals(Wording.Bare(region.Phrase), name, StringComparison.OrdinalIgnoreCase)
        && (
            region.Name is null || !string.Equals(region.Name, record.Region!.Name, StringComparison.OrdinalIgnoreCase)
        );
}
