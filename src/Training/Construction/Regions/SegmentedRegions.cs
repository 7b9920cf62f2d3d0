using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>
/// Regions of pictures that nobody has annotated: a list of lines <c>{"image", "phrase", "name"}</c>, and a segmenter that finds
/// what each phrase names.
/// </summary>
internal sealed class SegmentedRegions : IShardStage
{
    private const int Version = 1;
    private const int LongestLine = 1 << 16;

    // Specks of fewer pixels than a ten-thousandth of the picture are noise of the map.
    private const double SpeckPart = 1e-4;

    private readonly List<string> _lines = [];
    private readonly SourcePictures _pictures;
    private readonly IRegionSegmenter _segmenter;
    private readonly RegionOptions _options;
    private readonly double _certainty;

    /// <param name="list">The JSON lines.</param>
    /// <param name="pictures">The pictures, which <c>image</c> names relative to their folder.</param>
    /// <param name="segmenter">Finds them; not disposed.</param>
    /// <param name="certainty">From which certainty on a pixel is in; the specification has 0.3 to 0.5.</param>
    /// <param name="options">Which regions are kept.</param>
    /// <exception cref="DatasetException">The list is missing, or has an endless line.</exception>
    public SegmentedRegions(
        string list,
        SourcePictures pictures,
        IRegionSegmenter segmenter,
        double certainty,
        RegionOptions options
    )
    {
        (_pictures, _segmenter, _certainty, _options) = (pictures, segmenter, certainty, options);
        if (!File.Exists(list))
        {
            throw new DatasetException($"{list}: not found");
        }
        using var lines = new BoundedLines(list, LongestLine);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (lines.Next() is { } line)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
            if (!string.IsNullOrWhiteSpace(line))
            {
                _lines.Add(line);
            }
        }
        JsonObject settings = options.ToJson();
        settings["certainty"] = certainty;
        Identity = new StageIdentity(
            "segmented",
            Version,
            Seed: 0,
            settings,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["list"] = Convert.ToHexStringLower(hash.GetHashAndReset()),
                ["attributions"] = pictures.Fingerprint,
            }
        )
        {
            Models = [segmenter.Model],
        };
    }

    /// <inheritdoc/>
    public StageIdentity Identity { get; }

    /// <inheritdoc/>
    public long Count => _lines.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item) =>
        new()
        {
            Id = Identity.SampleId(item),
            Kind = PairKinds.Region,
            Stages = [Identity.Note],
        };

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        var log = new RejectionLog();
        Entry entry =
            DatasetJson.TryRead<Entry>(Encoding.UTF8.GetBytes(_lines[(int)item]), "line", item + 1, log)
            ?? throw new RejectedItemException(log.Rejected.First().Reason, log.Rejected.First().Examples[0]);
        string phrase = RegionOptions.RequirePhrase(entry.Phrase);
        string file = _pictures.FileOf(entry.Image ?? "");
        (byte[] bytes, PictureOrigin origin) = _pictures.Read(file);
        RgbImage image = _pictures.Decode(bytes, file);
        float[] certainties = _segmenter.Certainties(image, phrase);
        RegionMask found = RegionMask.Threshold(certainties, image.Width, (float)_certainty);
        bool[] clean = MaskCleaning.Median(found.Pixels, image.Width, image.Height);
        MaskCleaning.DropSmall(clean, image.Width, (int)Math.Ceiling(clean.Length * SpeckPart));
        RegionMask mask = found with { Pixels = clean };
        if (!Array.Exists(clean, pixel => pixel))
        {
            throw new RejectedItemException("nothing found", $"'{phrase}': at most {certainties.Max():0.000}");
        }
        ShardRecord record = Describe(item) with
        {
            Origin = origin,
            Region = _options.Note(mask, phrase, entry.Name, "segmenter"),
        };
        return [new ShardSample(record, new ShardMember(ShardMember.Mask, mask.ToPng()))];
    }

    private sealed record Entry
    {
        public string? Image { get; init; }

        public string? Phrase { get; init; }

        public string? Name { get; init; }
    }
}
