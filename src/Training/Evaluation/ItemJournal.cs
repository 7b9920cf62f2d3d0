using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// What an evaluation has found so far: <c>items.jsonl</c>, whose first line tells what is evaluated and how, and every other line what
/// was noted of an item. An evaluation that was interrupted, at whatever point, goes on after the last whole line.
/// </summary>
internal sealed class ItemJournal : IDisposable
{
    /// <summary>Its name in the report's folder.</summary>
    public const string FileName = "items.jsonl";

    private const long LargestFile = 4L << 30;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a joint that was not found has no place
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly Dictionary<(string Split, int Index), ItemNotes> _notes = [];
    private readonly AppendedFile? _file;

    private ItemJournal(AppendedFile? file) => _file = file;

    /// <summary>A journal that is not kept.</summary>
    public static ItemJournal Unkept() => new(file: null);

    /// <summary>Begins a journal in a report's folder, which is made where it is not there, or goes on with one of the same plan.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="plan">As in <see cref="Open"/>.</param>
    /// <exception cref="EvaluationException">As in <see cref="Open"/>.</exception>
    public static ItemJournal In(string folder, string plan)
    {
        Directory.CreateDirectory(folder);
        return Open(Path.Combine(folder, FileName), plan);
    }

    /// <summary>Begins a journal, or goes on with one of the same plan.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plan">All that the notes depend on, in words.</param>
    /// <exception cref="EvaluationException">The file is of another plan, or damaged before its last line.</exception>
    public static ItemJournal Open(string path, string plan)
    {
        (List<string> lines, long length) = ReadWhole(path);
        string head = JsonSerializer.Serialize(new Head(plan), _json);
        if (lines.Count > 0 && !string.Equals(lines[0], head, StringComparison.Ordinal))
        {
            throw new EvaluationException(
                $"{path}: begun for something else; name another folder, or remove it. There: {lines[0]} Now: {head}"
            );
        }
        var journal = new ItemJournal(new AppendedFile(path, length));
        try
        {
            foreach ((int number, string line) in lines.Index().Skip(1))
            {
                journal.Remember(Parse(line, $"{path}: line {number + 1}"));
            }
            if (lines.Count == 0)
            {
                journal.Append(head);
            }
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>What was noted of an item; null where it is still to be done.</summary>
    /// <param name="split">As it was noted.</param>
    /// <param name="index">Of the item.</param>
    public ItemNotes? Find(string split, int index) => _notes.GetValueOrDefault((split, index));

    /// <summary>Notes an item.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Add(ItemNotes notes)
    {
        Append(JsonSerializer.Serialize(notes, _json));
        Remember(notes);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Remember(ItemNotes notes) => _notes[(notes.Split, notes.Index)] = notes;

    private void Append(string line) => _file?.Append(System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    private static ItemNotes Parse(string line, string place)
    {
        try
        {
            return JsonSerializer.Deserialize<ItemNotes>(line, _json)
                ?? throw new EvaluationException($"{place}: null");
        }
        catch (JsonException damaged)
        {
            throw new EvaluationException($"{place}: {damaged.Message}", damaged);
        }
    }

    /// <summary>The lines that end, and how long they are together.</summary>
    private static (List<string> Lines, long Length) ReadWhole(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return ([], 0);
        }
        if (file.Length > LargestFile)
        {
            throw new EvaluationException($"{path}: {file.Length:N0} bytes, allowed: {LargestFile:N0}");
        }
        var lines = new List<string>();
        long length = 0;
        foreach (string line in File.ReadLines(path))
        {
            lines.Add(line);
            length += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
        }
        if (length <= file.Length)
        {
            return (lines, length);
        }
        string half = lines[^1]; // it has no end
        lines.RemoveAt(lines.Count - 1);
        return (lines, length - System.Text.Encoding.UTF8.GetByteCount(half) - 1);
    }

    private sealed record Head(string Plan);
}
