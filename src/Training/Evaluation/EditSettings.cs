using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>How a task's edits are made.</summary>
/// <param name="Steps">Denoising steps.</param>
/// <param name="TextScale">s_T.</param>
/// <param name="ImageScale">s_I.</param>
/// <param name="Sampler">By its name in <see cref="SamplerNames"/>.</param>
internal sealed record EditSettings(int Steps, double TextScale, double ImageScale, string Sampler)
{
    /// <summary>What a model's sidecar says of a task, or else of all.</summary>
    public static EditSettings Of(ModelDescription model, string task)
    {
        string sampler = SamplerNames.NameOf(model.DefaultSampler);
        return
            model.Tasks.FirstOrDefault(preset => string.Equals(preset.Name, task, StringComparison.Ordinal))
                is { } preset
            ? new EditSettings(preset.Steps, preset.TextGuidanceScale, preset.ImageGuidanceScale, sampler)
            : new EditSettings(
                model.DefaultSteps,
                model.DefaultTextGuidanceScale,
                model.DefaultImageGuidanceScale,
                sampler
            );
    }
}
