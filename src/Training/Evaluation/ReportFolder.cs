using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// Where an evaluation is written: <c>report.json</c>, <c>report.md</c>, <c>report.html</c>, and a sheet of pictures for each task.
/// </summary>
/// <param name="path">Made when it is not there; files of the same names are replaced.</param>
internal sealed class ReportFolder(string path)
{
    /// <summary>All figures.</summary>
    public const string JsonName = "report.json";

    /// <summary>For people.</summary>
    public const string TextName = "report.md";

    /// <summary>For people, in one file with its pictures.</summary>
    public const string PageName = "report.html";

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
    private readonly Dictionary<string, byte[]> _sheets = new(StringComparer.Ordinal);

    /// <summary>Draws a task's sheet.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void AddSheet(string task, IReadOnlyList<JudgedPair> examples)
    {
        _instructions[task] = [.. examples.Select(judged => judged.Pair.Instruction)];
        _sheets[task] = ImageCodec.Encode(EvaluationSheet.Draw(task, examples), ImageFileFormat.Png);
        Write($"{task}.png", _sheets[task]);
    }

    /// <summary>Writes the figures, after the sheets of all their tasks.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Write(EvaluationReport report)
    {
        Write(JsonName, JsonSerializer.SerializeToUtf8Bytes(report, _json));
        Write(TextName, System.Text.Encoding.UTF8.GetBytes(ReportText.Of(report, _instructions)));
        ReportPage page = EvaluationPage.Of(report, _sheets, _instructions);
        Write(PageName, System.Text.Encoding.UTF8.GetBytes(page.Page));
    }

    /// <summary>Writes the figures of a protocol, or of a sweep.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Write<T>(T report, ReportPage page)
    {
        Write(JsonName, JsonSerializer.SerializeToUtf8Bytes(report, _json));
        Write(TextName, System.Text.Encoding.UTF8.GetBytes(page.Markdown));
        Write(PageName, System.Text.Encoding.UTF8.GetBytes(page.Page));
    }

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, name);
        DiskFullException.Watch(file, () => File.WriteAllBytes(file, content));
    }
}
