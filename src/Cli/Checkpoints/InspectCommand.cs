using System.CommandLine;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary><c>inspect</c>: tells what a checkpoint is.</summary>
internal sealed class InspectCommand : Command
{
    private readonly Argument<string> _path = new("path")
    {
        Description = "Model folder, checkpoint file, or a part of a split download.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public InspectCommand(Terminal terminal)
        : base("inspect", "Tell what a checkpoint is, from names and shapes alone.")
    {
        Add(_path);
        Add(_json);
        SetAction(parse =>
        {
            string path = parse.GetRequiredValue(_path);
            CheckpointSummary summary = CheckpointInspector.Inspect(path);
            ModelSidecar? sidecar = KnownModels.SidecarOf(path);
            string text = parse.GetValue(_json)
                ? CheckpointJson.Of(summary, sidecar)
                : string.Join(Environment.NewLine, SummaryText.Lines(summary, sidecar));
            terminal.Out.WriteLine(text);
            return ExitCode.Success;
        });
    }
}
