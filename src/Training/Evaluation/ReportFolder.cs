using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Where an evaluation is written: <c>report.json</c>, <c>report.md</c> and a sheet of pictures for each task.</summary>
/// <param name="path">Made when it is not there; files of the same names are replaced.</param>
internal sealed class ReportFolder(string path)
{
    /// <summary>All figures.</summary>
    public const string JsonName = "report.json";

    /// <summary>For people.</summary>
    public const string TextName = "report.md";

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Of the report for people.</summary>
    public string TextPath => Path.Combine(path, TextName);

    private readonly Dictionary<string, IReadOnlyList<string>> _instructions = new(StringComparer.Ordinal);

    /// <summary>Draws a task's sheet.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void AddSheet(string task, IReadOnlyList<JudgedPair> examples)
    {
        _instructions[task] = [.. examples.Select(judged => judged.Pair.Instruction)];
        Write($"{task}.png", ImageCodec.Encode(EvaluationSheet.Draw(task, examples), ImageFileFormat.Png));
    }

    /// <summary>Writes the figures, after the sheets of all their tasks.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Write(EvaluationReport report)
    {
        Write(JsonName, JsonSerializer.SerializeToUtf8Bytes(report, _json));
        Write(TextName, System.Text.Encoding.UTF8.GetBytes(ReportText.Of(report, _instructions)));
    }

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, name);
        DiskFullException.Watch(file, () => File.WriteAllBytes(file, content));
    }
}
