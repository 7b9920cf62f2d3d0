using System.Globalization;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>How a task's edits are made.</summary>
/// <param name="Steps">Denoising steps.</param>
/// <param name="TextScale">s_T.</param>
/// <param name="ImageScale">s_I.</param>
/// <param name="Sampler">By its name in <see cref="SamplerNames"/>.</param>
/// <param name="NoiseSeed">Of the edits' noise; null for the evaluation's own seed.</param>
internal sealed record EditSettings(
    int Steps,
    double TextScale,
    double ImageScale,
    string Sampler,
    long? NoiseSeed = null
)
{
    /// <summary>All of it in words: two settings with the same ones are the same.</summary>
    [JsonIgnore]
    public string Key =>
        string.Create(CultureInfo.InvariantCulture, $"steps {Steps} text {TextScale:R} image {ImageScale:R} {Sampler}")
        + (NoiseSeed is { } seed ? string.Create(CultureInfo.InvariantCulture, $" noise {seed}") : "");

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
