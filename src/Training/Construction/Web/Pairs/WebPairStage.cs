using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pictures;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>The selected pairs as samples: both pictures at the source's size, scaled down where that is large.</summary>
/// <param name="selection">What is kept.</param>
/// <param name="cache">Holds the pictures.</param>
/// <param name="options">The bounds that the selection was made with.</param>
/// <param name="requests">SHA-256 of the file of requests.</param>
internal sealed class WebPairStage(WebSelection selection, WebCache cache, PairOptions options, string requests)
    : IShardStage
{
    private const int Version = 1;

    /// <inheritdoc/>
    public StageIdentity Identity { get; } =
        new(
            "web",
            Version,
            Seed: 0,
            new JsonObject
            {
                ["near_bits"] = options.NearBits,
                ["most_bits"] = options.MostBits,
                ["aspect_tolerance"] = options.AspectTolerance,
                ["least_side"] = options.LeastSide,
                ["most_side"] = options.MostSide,
            },
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["requests"] = requests,
                ["pictures"] = selection.Fingerprint,
            }
        );

    /// <inheritdoc/>
    public long Count => selection.Requests.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item)
    {
        SelectedRequest selected = selection.Requests[(int)item];
        return new ShardRecord
        {
            Id = Identity.SampleId(item),
            Kind = PairKinds.Web,
            Instructions = [selected.Request.Instruction],
            Task = TaskNames.Editing,
            Origin = OriginOf(selected.Request.Id, selected.Source),
            Stages = [Identity.Note],
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        SelectedRequest selected = selection.Requests[(int)item];
        ShardRecord described = Describe(item);
        if (selected.Source.Rejection is { } rejection)
        {
            return [new ShardSample(described with { Rejection = rejection })];
        }
        RgbImage? source = null;
        var samples = new List<ShardSample>();
        for (int i = 0; i < selected.Results.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SelectedPicture result = selected.Results[i];
            ShardRecord record = described with
            {
                Id = $"{described.Id}-{i + 1}",
                TargetOrigin = OriginOf($"{selected.Request.Id}/{i + 1}", result),
                Rejection = result.Rejection,
            };
            if (result.Rejection is not null)
            {
                samples.Add(new ShardSample(record));
                continue;
            }
            source ??= Read(selected.Source);
            samples.Add(Pair(record, source, Read(result), selected.Source, result));
        }
        return samples;
    }

    private ShardSample Pair(
        ShardRecord record,
        RgbImage source,
        RgbImage result,
        SelectedPicture before,
        SelectedPicture after
    )
    {
        if (!PairContrast.IsThere(source, result))
        {
            return new ShardSample(
                record with
                {
                    Rejection = new RejectionNote("result shows no change", after.Picture.Url),
                }
            );
        }
        ImageSize size = SizeOf(source);
        int distance = PerceptualHash.Distance(
            before.Record!.Picture!.Signature!.Hash,
            after.Record!.Picture!.Signature!.Hash
        );
        var scores = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["hash_distance"] = distance,
            ["votes"] = after.Picture.Score,
        };
        return new ShardSample(
            record with
            {
                Scores = scores,
            },
            new ShardMember(ShardMember.Source, Encode(source, size)),
            new ShardMember(ShardMember.Target, Encode(result, size))
        );
    }

    private ImageSize SizeOf(RgbImage source)
    {
        double scale = Math.Min(1, (double)options.MostSide / Math.Max(source.Width, source.Height));
        return new ImageSize(
            Math.Max(1, (int)Math.Round(source.Width * scale)),
            Math.Max(1, (int)Math.Round(source.Height * scale))
        );
    }

    private static byte[] Encode(RgbImage picture, ImageSize size) =>
        ImageCodec.Encode(ImageResizer.Resize(picture, size, ResizeFilter.Lanczos3), ImageFileFormat.Png);

    private RgbImage Read(SelectedPicture picture)
    {
        byte[] body =
            cache.BodyOf(WebAddress.Read(picture.Picture.Url)!, picture.Record!)
            ?? throw new BrokenSampleException($"{picture.Picture.Url}: not in the cache any more, or damaged there");
        try
        {
            return WebPictureReader.Read(body, picture.Picture.Url);
        }
        catch (FetchRefusedException refused)
        {
            throw new BrokenSampleException(refused.Message, refused);
        }
    }

    private static PictureOrigin OriginOf(string id, SelectedPicture picture) =>
        new(id)
        {
            Sha256 = picture.Record?.Sha256,
            Url = picture.Picture.Url,
            Permalink = picture.Picture.Permalink,
            Licence = picture.Picture.Licence,
            Author = picture.Picture.Author,
            FetchedAt = picture.Record?.FetchedAt,
        };
}
