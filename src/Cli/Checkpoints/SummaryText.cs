using InstructDiffusion.Cli.Progress;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary>A checkpoint's summary as lines for people.</summary>
internal static class SummaryText
{
    public static IEnumerable<string> Lines(CheckpointSummary summary, ModelSidecar? sidecar)
    {
        yield return Field("path", summary.Path);
        yield return Field("layout", LayoutText(summary.Layout));
        yield return Field(
            "purpose",
            summary.UNetInChannels is { } channels ? $"{summary.Purpose} ({channels} input channels)" : summary.Purpose
        );
        yield return Field(
            "guidance",
            summary.GuidanceFamily is { } family
                ? $"{family} (told by its {summary.GuidanceFamilySource})"
                : $"unknown; say it by {FamilyOption.Name}, or in an {ModelSidecar.FileName} beside it"
        );
        yield return Field("averaged", summary.HasEma ? "yes, and preferred" : "no");
        if (summary.TrainingSteps is { } steps)
        {
            yield return Field("trained", $"{steps} steps");
        }
        yield return "";
        yield return Row("component", "tensors", "parameters", "size", "types");
        foreach (ComponentSummary part in summary.Components)
        {
            yield return Row(
                part.Component.FolderName(),
                part.Tensors.ToString(),
                part.Parameters.ToString("N0"),
                ByteCount.Text(part.Bytes),
                string.Join(", ", part.Types.Select(static type => $"{type.Key} {type.Value}"))
            );
        }
        yield return "";
        foreach (string line in KeyReportText.Lines(summary.Keys).Concat(PresetLines(sidecar)))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> PresetLines(ModelSidecar? sidecar)
    {
        if (sidecar is null)
        {
            yield break;
        }
        yield return "";
        yield return Field("name", sidecar.Name);
        if (sidecar.License is { } license)
        {
            yield return Field("licence", license);
        }
        if (sidecar.Notes is { } notes)
        {
            yield return Field("notes", notes);
        }
        foreach (TaskPreset preset in sidecar.Presets)
        {
            string values =
                $"text {preset.TextGuidanceScale}, image {preset.ImageGuidanceScale}, "
                + $"{preset.Steps} steps, resolution {preset.Resolution}";
            yield return Field("task", $"{preset.Name}: {values}");
        }
    }

    private static string LayoutText(CheckpointLayout layout) =>
        layout switch
        {
            CheckpointLayout.Diffusers => "diffusers folder",
            CheckpointLayout.Ldm => "ldm file",
            CheckpointLayout.Lightning => "ldm file of a Lightning training run",
            CheckpointLayout.TrainingState => "the authors' training state",
            _ => layout.ToString(),
        };

    private static string Field(string name, string value) => $"{name, -10} {value}";

    private static string Row(string component, string tensors, string parameters, string size, string types) =>
        $"{component, -13} {tensors, 7} {parameters, 14} {size, 9}  {types}";
}
