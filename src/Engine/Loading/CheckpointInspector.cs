using System.Globalization;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Loading;

/// <summary>Says what a checkpoint is.</summary>
public static class CheckpointInspector
{
    /// <summary>Opens a checkpoint and describes it. Reads names, types and shapes only.</summary>
    /// <exception cref="FileNotFoundException">There is nothing under this path.</exception>
    /// <exception cref="CheckpointFormatException">It is no model, or damaged.</exception>
    public static CheckpointSummary Inspect(string path)
    {
        using var checkpoint = ModelCheckpoint.Open(path);
        var sidecar = ModelSidecar.Find(path);
        var family = sidecar?.GuidanceFamily ?? KnownModels.Find(path)?.GuidanceFamily;
        var channels = UNetInChannels(checkpoint);
        return new CheckpointSummary
        {
            Path = path,
            Layout = checkpoint.Layout,
            Components = [.. checkpoint.Components.OrderBy(c => c.Key).Select(c => Summarise(c.Key, c.Value))],
            UNetInChannels = channels,
            Purpose = PurposeOf(channels),
            HasEma = checkpoint.HasEma,
            GuidanceFamily = family,
            GuidanceFamilySource =
                family is null ? null
                : sidecar is null ? "name"
                : "sidecar",
            TrainingSteps = StepsOf(checkpoint.Metadata),
            Metadata = checkpoint.Metadata,
            Keys = checkpoint.Keys,
        };
    }

    private static ComponentSummary Summarise(ModelComponent component, ITensorSource source)
    {
        var tensors = source.Tensors.Values.ToList();
        return new ComponentSummary(
            component,
            tensors.Count,
            tensors.Sum(t => t.ElementCount),
            tensors.Sum(t => t.ByteCount),
            tensors.CountBy(t => t.DType.ToString()).ToDictionary(StringComparer.Ordinal)
        );
    }

    private static long? UNetInChannels(ModelCheckpoint checkpoint) =>
        checkpoint.Components.TryGetValue(ModelComponent.UNet, out var unet)
        && unet.Tensors.TryGetValue("conv_in.weight", out var weight)
        && weight.Shape.Length == 4
            ? weight.Shape[1]
            : null;

    private static string PurposeOf(long? channels) =>
        channels switch
        {
            4 => "text to image; its first convolution can be extended to 8 channels to start training from",
            8 => "instruction-driven editing",
            9 => "inpainting",
            null => "no UNet: parts of a model",
            _ => $"unknown: a UNet of {channels} input channels",
        };

    private static long? StepsOf(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue("global_step", out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps)
            ? steps
            : null;
}
