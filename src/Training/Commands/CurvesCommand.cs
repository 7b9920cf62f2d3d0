using System.CommandLine;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>curves</c>: the losses of a run as a picture.</summary>
internal static class CurvesCommand
{
    public static Command Create()
    {
        var run = new Option<string>("--run")
        {
            Description = "The run's folder; it may be training.",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "SVG file to write.", Required = true };
        var title = new Option<string?>("--title")
        {
            Description = "What stands above; the folder's name when not given.",
        };
        var logarithmic = new Option<bool>("--log") { Description = "A logarithmic vertical axis." };
        var command = new Command("curves", "Draws the losses of a run.") { run, output, title, logarithmic };
        command.SetAction(parse =>
        {
            var folder = new RunFolder(parse.GetRequiredValue(run));
            var plot = new CurvePlot
            {
                Title = parse.GetValue(title) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Root)),
                YLabel = "loss",
                IsLogarithmic = parse.GetValue(logarithmic),
                Series = CurveSeries.Losses(StepLog.Read(folder.Steps)),
            };
            File.WriteAllText(parse.GetRequiredValue(output), plot.ToSvg());
        });
        return command;
    }
}
