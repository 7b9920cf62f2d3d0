using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>
/// Regions from a file of PhraseCut's form: every phrase with its polygons becomes a region with its mask, or a rejection with its
/// reason. Pictures are found by their <c>image_id</c>, with one of the usual endings.
/// </summary>
internal sealed class AnnotatedRegions : IShardStage
{
    private const int Version = 1;

    private readonly List<byte[]> _tasks = [];
    private readonly SourcePictures _pictures;
    private readonly RegionOptions _options;

    /// <param name="annotations">A PhraseCut file, e.g. <c>refer_train.json</c>.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="options">Which regions are kept.</param>
    /// <param name="cancellationToken">Ends a long reading.</param>
    /// <exception cref="Data.DatasetException">The file is missing or no JSON.</exception>
    public AnnotatedRegions(
        string annotations,
        SourcePictures pictures,
        RegionOptions options,
        CancellationToken cancellationToken = default
    )
    {
        _pictures = pictures;
        _options = options;
        string hash = JsonStream.Read(annotations, null, (_, json) => _tasks.Add(json.ToArray()), cancellationToken);
        Identity = new StageIdentity(
            "regions",
            Version,
            Seed: 0,
            options.ToJson(),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["annotations"] = hash,
                ["attributions"] = pictures.Fingerprint,
            }
        );
    }

    /// <inheritdoc/>
    public StageIdentity Identity { get; }

    /// <inheritdoc/>
    public long Count => _tasks.Count;

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
        PhraseCutTask task = Parse(_tasks[(int)item], item);
        string phrase = RegionOptions.RequirePhrase(task.Phrase);
        string file = _pictures.FileOf(IdOf(task.ImageId));
        (byte[] bytes, PictureOrigin origin) = _pictures.Read(file);
        Engine.Imaging.ImageSize size = SourcePictures.SizeOf(bytes, file);
        RegionMask mask = PhraseCutShapes.Draw(task, size.Width, size.Height);
        ShardRecord record = Describe(item) with
        {
            Origin = origin,
            Region = _options.Note(mask, phrase, task.PhraseStructure?.Name, "annotation"),
        };
        return [new ShardSample(record, new ShardMember(ShardMember.Mask, mask.ToPng()))];
    }

    private static PhraseCutTask Parse(byte[] json, long item)
    {
        var log = new RejectionLog();
        return DatasetJson.TryRead<PhraseCutTask>(json, "annotation", item, log)
            ?? throw new RejectedItemException(log.Rejected.First().Reason, log.Rejected.First().Examples[0]);
    }

    private static string IdOf(JsonElement id) =>
        id.ValueKind switch
        {
            JsonValueKind.Number when id.TryGetInt64(out long number) => $"{number}",
            JsonValueKind.String => id.GetString()!,
            _ => throw new RejectedItemException("no image_id", id.ValueKind.ToString()),
        };
}
