using System.Globalization;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Items from a file of JSON lines: <c>{"image": path, "instruction": text}</c> and, where wanted, <c>id</c>, <c>target</c> and
/// <c>task</c>. Paths are relative to the file; an item without id is named for its line.
/// </summary>
internal sealed class AlignmentItemFile : IAlignmentItems
{
    /// <summary>The file's name where a folder is given.</summary>
    public const string FileName = "items.jsonl";

    private const string DefaultTask = "edit";
    private const int MaxInstruction = 2000;
    private readonly string _folder;
    private readonly List<Line> _lines = [];

    /// <summary>Reads the whole list, no picture yet.</summary>
    /// <param name="path">The file, or a folder that holds <see cref="FileName"/>.</param>
    /// <exception cref="AlignmentException">The file is missing, too large or wrong; names the line.</exception>
    public AlignmentItemFile(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        using var reader = new StreamReader(
            new MemoryStream(AlignmentJson.ReadBytes(file, AlignmentJson.MaxFileBytes)),
            Encoding.UTF8
        );
        var ids = new List<string>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase); // folders of some systems know no case
        for (int number = 1; reader.ReadLine() is { } text; number++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }
            Line line = Parse(text, $"{file}, line {number}");
            string id = line.Id ?? number.ToString("D6", CultureInfo.InvariantCulture);
            if (!seen.Add(id))
            {
                throw new AlignmentException($"{file}, line {number}: the id '{id}' is taken already");
            }
            ids.Add(id);
            _lines.Add(line);
        }
        if (ids.Count == 0)
        {
            throw new AlignmentException($"{file}: expected at least one item, got none");
        }
        Ids = ids;
    }

    public IReadOnlyList<string> Ids { get; }

    public AlignmentItem Read(int index)
    {
        Line line = _lines[index];
        RgbImage source = PictureFile.Read(Path.Combine(_folder, line.Image));
        RgbImage? target = line.Target is null ? null : PictureFile.Read(Path.Combine(_folder, line.Target));
        if (target is not null && (target.Width, target.Height) != (source.Width, source.Height))
        {
            throw new BrokenSampleException(
                $"{line.Target}: expected {source.Width}x{source.Height} as {line.Image}, got {target.Width}x{target.Height}"
            );
        }
        return new AlignmentItem(Ids[index], source, line.Instruction, target, line.Task ?? DefaultTask);
    }

    private static Line Parse(string text, string place)
    {
        Line line;
        try
        {
            line =
                JsonSerializer.Deserialize<Line>(text, AlignmentJson.Options)
                ?? throw new AlignmentException($"{place}: expected an object, got null");
        }
        catch (JsonException e)
        {
            throw new AlignmentException($"{place}: {e.Message}", e);
        }
        if (line.Id is { } id && !ItemId.IsValid(id))
        {
            throw new AlignmentException($"{place}: id: expected 1 to 64 of A-Z a-z 0-9 _ -, got '{id}'");
        }
        if (string.IsNullOrWhiteSpace(line.Instruction) || line.Instruction.Length > MaxInstruction)
        {
            throw new AlignmentException(
                $"{place}: instruction: expected 1 to {MaxInstruction} characters, got {line.Instruction.Length}"
            );
        }
        return line;
    }

    private sealed record Line
    {
        public string? Id { get; init; }

        public required string Image { get; init; }

        public required string Instruction { get; init; }

        public string? Target { get; init; }

        public string? Task { get; init; }
    }
}
