using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// InstructPix2Pix's generated pairs (specification 4.7), read in place from their zip shards: <c>NAME/prompt.json</c>,
/// <c>NAME/SEED_0.jpg</c> before and <c>NAME/SEED_1.jpg</c> after. Pairs are those of <c>seeds.json</c> that the filter keeps.
/// </summary>
internal sealed class InstructPix2PixShards : IPairSource
{
    private const int LongestPrompt = 1 << 16;
    private const int WhiteSide = 256;

    private readonly IReadOnlyList<string> _shards;
    private readonly IReadOnlyList<ShardPair> _pairs;
    private readonly SamplePictures _pictures;
    private readonly bool _hasWhiteForBroken;

    private InstructPix2PixShards(IReadOnlyList<string> shards, IReadOnlyList<ShardPair> pairs, DatasetOpening opening)
    {
        _shards = shards;
        _pairs = pairs;
        _pictures = opening.UprightPictures;
        _hasWhiteForBroken = opening.Source.Reproduces(ReleasedDefect.WhiteForBroken);
    }

    /// <inheritdoc/>
    public long Count => _pairs.Count;

    /// <summary>Opens the set.</summary>
    /// <exception cref="DatasetException">A shard, the list of seeds or the filter is missing or damaged.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr("train");
        var index = new ShardIndex(opening, split);
        string[] shards =
        [
            .. opening.Root.FilesIn("", ".zip").Where(name => !name.Contains('/', StringComparison.Ordinal)),
        ];
        if (shards.Length == 0)
        {
            throw new DatasetException($"{opening.Root.Folder}: no shard-NN.zip in it");
        }
        for (int i = 0; i < shards.Length; i++)
        {
            index.AddShard(i, opening.Root.Required(shards[i]));
        }
        string[] paths = [.. shards.Select(opening.Root.Required)];
        var source = new InstructPix2PixShards(paths, index.Finish(), opening);
        return new PairDataset(
            source,
            opening,
            new PairManner(PairFraming.Squash, 0.5),
            split,
            [index.Hash, .. DatasetIdentity.OfFiles(opening.Root, shards)]
        );
    }

    /// <inheritdoc/>
    public string NameOf(long index) => _pairs[(int)index].ToString();

    /// <inheritdoc/>
    public PairText TextOf(long index)
    {
        ShardPair pair = _pairs[(int)index];
        byte[] json = pair.Prompt.Read(_shards, LongestPrompt);
        var log = new RejectionLog();
        string problem = "no instruction";
        return
            DatasetJson.TryRead<Prompt>(json, "prompt", 0, log) is { } prompt
            && PairTexts.Of([prompt.Edit], task: null, out problem) is { } text
            ? text
            : throw new BrokenSampleException($"{pair}: prompt.json: {problem}");
    }

    /// <inheritdoc/>
    public (RgbImage Source, RgbImage Target) PicturesOf(long index)
    {
        ShardPair pair = _pairs[(int)index];
        return (Decode(pair.Source, $"{pair}_0.jpg"), Decode(pair.Target, $"{pair}_1.jpg"));
    }

    private RgbImage Decode(ShardMember member, string name)
    {
        try
        {
            return _pictures.Decode(member.Read(_shards, SamplePictures.Limits.MaxBytes), name);
        }
        catch (BrokenSampleException) when (_hasWhiteForBroken)
        {
            return PictureParts.Plain(WhiteSide, WhiteSide, byte.MaxValue);
        }
    }

    private sealed record Prompt(string Edit);
}
