using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>What a sweep found, as a Markdown table: the best few settings of each task.</summary>
internal static class SweepText
{
    /// <summary>The table's head.</summary>
    public const string Header =
        "| task | steps | text scale | image scale | figure | model | gain over nothing |\n"
        + "| --- | ---: | ---: | ---: | --- | ---: | ---: |\n";

    private const int Shown = 5;

    /// <summary>The rows of a task.</summary>
    public static string RowsOf(string task, IReadOnlyList<SweepResult> results)
    {
        var text = new StringBuilder();
        foreach ((EditSettings settings, FigureReport figure) in results.Take(Shown))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {task} | {settings.Steps} | {settings.TextScale} | {settings.ImageScale} | {FigureKind.TitleOf(figure.Name)} "
                    + $"| {ReportText.Show(figure.Model, figure.Unit)} | {ReportText.Show(figure.Gain, figure.Unit)} |\n"
            );
        }
        return text.ToString();
    }
}
