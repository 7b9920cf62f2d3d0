using System.Text;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Recipes;
using nietras.SeparatedValues;

namespace InstructDiffusion.Training.Data.General;

/// <summary>
/// Triples of a user's own: a <c>.jsonl</c> or <c>.csv</c> file whose paths are relative to it, or a folder that holds
/// <c>source</c>, <c>target</c> and <c>instruction</c> with files of the same names.
/// </summary>
internal sealed class TripleFiles
{
    private const int LongestLine = 1 << 20;
    private const int LongestText = 1 << 20;

    private static readonly string[] _pictures = [".png", ".jpg", ".jpeg", ".webp"];

    private readonly DatasetOpening _opening;
    private readonly DatasetRoot _root;
    private readonly List<FilePair> _pairs = [];

    private TripleFiles(DatasetOpening opening, DatasetRoot root) => (_opening, _root) = (opening, root);

    /// <summary>Opens a set of triples.</summary>
    /// <exception cref="DatasetException">It is missing, of another form, or holds no pair that can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string path = Path.GetFullPath(opening.Source.Path);
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path))
        {
            throw new DatasetException($"{path}: not found");
        }
        var root = new DatasetRoot(isFolder ? path : Path.GetDirectoryName(path)!, opening.Source.FollowLinks);
        var files = new TripleFiles(opening, root);
        switch (isFolder ? "" : Path.GetExtension(path).ToLowerInvariant())
        {
            case "":
                files.ReadFolders();
                break;
            case ".jsonl":
                files.ReadLines(path);
                break;
            case ".csv":
                files.ReadTable(path);
                break;
            default:
                throw new DatasetException($"{path}: expected a folder, a .jsonl or a .csv file");
        }
        var pairs = new FilePairs(root, opening.UprightPictures, files._pairs);
        return new PairDataset(pairs, opening, new PairManner(PairFraming.Squash, 0.5), "train", pairs.Contents);
    }

    private void ReadFolders()
    {
        IReadOnlyList<string> targets = _root.FilesIn("target", _pictures);
        Dictionary<string, string> texts = ByStem(_root.FilesIn("instruction", ".txt"));
        Dictionary<string, string> sources = ByStem(_root.FilesIn("source", _pictures));
        foreach (string target in targets)
        {
            string stem = Path.ChangeExtension(target, null);
            if (!sources.TryGetValue(stem, out string? source))
            {
                _opening.Rejections.Reject("no source of this name", $"target/{target}");
            }
            else if (!texts.TryGetValue(stem, out string? text))
            {
                _opening.Rejections.Reject("no instruction of this name", $"target/{target}");
            }
            else
            {
                Add($"source/{source}", $"target/{target}", LinesOf($"instruction/{text}"), task: null);
            }
        }
    }

    private void ReadLines(string path)
    {
        using var reader = new BoundedLines(path, LongestLine);
        for (long number = 1; reader.Next() is { } line; number++)
        {
            if (line.AsSpan().Trim().IsEmpty)
            {
                continue;
            }
            byte[] json = Encoding.UTF8.GetBytes(line);
            if (DatasetJson.TryRead<TripleRecord>(json, "line", number, _opening.Rejections) is { } triple)
            {
                Add(triple.Source, triple.Target, triple.Wordings, triple.Task);
            }
        }
    }

    private void ReadTable(string path)
    {
        try
        {
            using SepReader table = Sep.Reader(options => options with { Unescape = true, DisableColCountCheck = true })
                .FromFile(path);
            foreach (string column in (string[])["source", "target", "instruction"])
            {
                if (!table.Header.ColNames.Contains(column))
                {
                    throw new DatasetException($"{path}: no column '{column}' in its first line");
                }
            }
            bool hasTask = table.Header.ColNames.Contains("task");
            int columns = table.Header.ColNames.Count;
            foreach (SepReader.Row row in table)
            {
                if (row.ColCount != columns)
                {
                    _opening.Rejections.Reject("a row with another number of columns", $"line {row.LineNumberFrom}");
                    continue;
                }
                string? task = hasTask && row["task"].Span.Length > 0 ? row["task"].ToString() : null;
                Add(row["source"].ToString(), row["target"].ToString(), [row["instruction"].ToString()], task);
            }
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException or ArgumentException)
        {
            throw new DatasetException($"{path}: {error.Message}", error);
        }
    }

    private void Add(string? source, string? target, IEnumerable<string?> wordings, string? task)
    {
        string entry = target ?? source ?? "an entry without pictures";
        if (string.IsNullOrEmpty(source) || string.IsNullOrEmpty(target))
        {
            _opening.Rejections.Reject("no source or no target", entry);
        }
        else if (PairTexts.Of(wordings, task, out string problem) is not { } text)
        {
            _opening.Rejections.Reject(problem, entry);
        }
        else if (!_root.HasFile(source) || !_root.HasFile(target))
        {
            _opening.Rejections.Reject("a picture that is missing or outside the folder", $"{source}, {target}");
        }
        else
        {
            _pairs.Add(new FilePair(source, target, text));
        }
    }

    private string?[] LinesOf(string name)
    {
        try
        {
            return Encoding.UTF8.GetString(_root.Read(name, LongestText)).Split('\n');
        }
        catch (BrokenSampleException)
        {
            return []; // an empty file; told as a pair without instruction
        }
    }

    private static Dictionary<string, string> ByStem(IReadOnlyList<string> names)
    {
        var byStem = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            byStem.TryAdd(Path.ChangeExtension(name, null), name);
        }
        return byStem;
    }
}
