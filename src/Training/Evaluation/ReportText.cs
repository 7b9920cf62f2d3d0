using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A report for people, as Markdown.</summary>
internal static class ReportText
{
    private const string Absent = "–";

    /// <summary>Writes it.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="instructions">Of the pairs on each task's sheet.</param>
    public static string Of(EvaluationReport report, IReadOnlyDictionary<string, IReadOnlyList<string>> instructions)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {report.Model}: figures on {Split(report)} data\n\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"Pictures of {report.Resolution} pixels, seed {report.Seed}, data `{report.Data}`, weights `{report.Sha256}`"
        );
        text.Append(report.Editor is null ? ".\n" : $", edits {Editor(report.Editor)}.\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"The autoencoder alone keeps sources to {Show(report.AutoencoderPsnr, "dB")}. Brackets hold 95 % intervals.\n\n"
        );
        Table(text, report.Tasks.Select(task => (task, task.Figures.Take(1))));
        text.Append("\n## All figures\n\n");
        Table(text, report.Tasks.Select(task => (task, task.Figures.AsEnumerable())));
        foreach (TaskReport task in report.Tasks)
        {
            Sheet(text, task, instructions[task.Task]);
        }
        return text.ToString();
    }

    private static void Table(
        StringBuilder text,
        IEnumerable<(TaskReport Task, IEnumerable<FigureReport> Figures)> rows
    )
    {
        text.Append("| task | figure | pictures | model | doing nothing | ceiling | gain over nothing | verdict |\n");
        text.Append("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n");
        foreach ((TaskReport task, IEnumerable<FigureReport> figures) in rows)
        {
            foreach (FigureReport figure in figures)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {task.Task} | {FigureKind.TitleOf(figure.Name)} | {figure.Pictures} | {Show(figure.Model, figure.Unit)} "
                        + $"| {Show(figure.Identity, figure.Unit)} | {Show(figure.Ceiling, figure.Unit)} "
                        + $"| {Show(figure.Gain, figure.Unit)} | {figure.Verdict ?? Absent} |\n"
                );
            }
        }
    }

    private static void Sheet(StringBuilder text, TaskReport task, IReadOnlyList<string> instructions)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {task.Task}\n\n");
        if (task.Settings is { } settings)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{settings.Steps} steps of {settings.Sampler}, text scale {settings.TextScale}, image scale {settings.ImageScale}."
            );
            text.Append(task.NotFinite > 0 ? $" {task.NotFinite} answers were not finite.\n\n" : "\n\n");
        }
        string answer = task.Settings is null ? "target through the autoencoder" : "answer";
        string readOut = ReadOutPicture.Has(task.Task) ? ", what was read out of the answer" : "";
        text.Append(CultureInfo.InvariantCulture, $"Source, {answer}, target{readOut}; two pairs a row.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"![{task.Task}]({task.Task}.png)\n\n");
        foreach ((int index, string instruction) in instructions.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"{index + 1}. {instruction}\n");
        }
    }

    private static string Split(EvaluationReport report) => report.Split.Replace('_', '-');

    private static string Editor(string editor) =>
        string.Equals(editor, EvaluatedModel.Http, StringComparison.Ordinal)
            ? "asked for over HTTP"
            : "made in process";

    /// <summary>A value with its interval.</summary>
    public static string Show(Estimate? estimate, string unit) => Show(estimate, unit, digits: 1);

    /// <summary>A value with its interval, with so many digits behind the point.</summary>
    public static string Show(Estimate? estimate, string unit, int digits)
    {
        if (estimate is null)
        {
            return Absent;
        }
        string Text(double value) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
        string measure = unit.Length == 0 ? "" : $" {unit}";
        return $"{Text(estimate.Value)}{measure} [{Text(estimate.Low)}, {Text(estimate.High)}]";
    }
}
