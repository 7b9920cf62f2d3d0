using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// MagicBrush as a hub has it: parquet files with the pictures' files in <c>source_img.bytes</c> and <c>target_img.bytes</c> and the
/// words in <c>instruction</c>. Pictures are read a group of rows at a time, of which the last few are kept: in order, as a cache
/// of latents asks for them, each group is read once; at random, again and again.
/// </summary>
internal sealed class ParquetPairs : IPairSource
{
    private const int GroupsKept = 2;

    private readonly SamplePictures _pictures;
    private readonly List<Row> _rows = [];
    private readonly Lock _keeping = new();
    private readonly LinkedList<(ParquetGroup Group, Lazy<ParquetPictures> Pictures)> _kept = [];

    private ParquetPairs(SamplePictures pictures) => _pictures = pictures;

    /// <inheritdoc/>
    public long Count => _rows.Count;

    /// <summary>Opens the parquet files of a part: <c>SPLIT-….parquet</c> in <c>data</c> or in the folder itself.</summary>
    /// <exception cref="DatasetException">There are none, or one is damaged.</exception>
    public static ParquetPairs Open(DatasetOpening opening, string split, out string[] contents)
    {
        string[] files =
        [
            .. opening
                .Root.FilesIn("", ".parquet")
                .Where(name => Path.GetFileName(name).StartsWith($"{split}-", StringComparison.Ordinal)),
        ];
        if (files.Length == 0)
        {
            throw new DatasetException(
                $"{opening.Root.Folder}: neither magic_{split}.json nor {split}-….parquet is in it"
            );
        }
        var pairs = new ParquetPairs(opening.UprightPictures);
        foreach (string file in files)
        {
            opening.CancellationToken.ThrowIfCancellationRequested();
            pairs.Add(opening.Root.Required(file), opening.Rejections);
        }
        contents = [.. DatasetIdentity.OfFiles(opening.Root, files)];
        return pairs;
    }

    /// <inheritdoc/>
    public string NameOf(long index) => $"{_rows[(int)index].Group}, row {_rows[(int)index].Number}";

    /// <inheritdoc/>
    public PairText TextOf(long index) => _rows[(int)index].Text;

    /// <inheritdoc/>
    public (RgbImage Source, RgbImage Target) PicturesOf(long index)
    {
        Row row = _rows[(int)index];
        ParquetPictures group = Keep(row.Group).Value;
        string name = NameOf(index);
        return (
            _pictures.Decode(group.Source(row.Number), $"{name}, source"),
            _pictures.Decode(group.Target(row.Number), $"{name}, target")
        );
    }

    private void Add(string path, RejectionLog log)
    {
        foreach ((ParquetGroup group, IReadOnlyList<string?> instructions) in ParquetGroup.Of(path))
        {
            foreach ((int number, string? instruction) in instructions.Index())
            {
                if (PairTexts.Of([instruction], task: null, out string problem) is { } text)
                {
                    _rows.Add(new Row(group, number, text));
                }
                else
                {
                    log.Reject(problem, $"{group}, row {number}");
                }
            }
        }
    }

    private Lazy<ParquetPictures> Keep(ParquetGroup group)
    {
        lock (_keeping)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Group == group)
                {
                    _kept.Remove(node);
                    _kept.AddFirst(node);
                    return node.Value.Pictures;
                }
            }
            var pictures = new Lazy<ParquetPictures>(group.ReadPictures);
            _kept.AddFirst((group, pictures));
            if (_kept.Count > GroupsKept)
            {
                _kept.RemoveLast();
            }
            return pictures;
        }
    }

    private sealed record Row(ParquetGroup Group, int Number, PairText Text);
}
