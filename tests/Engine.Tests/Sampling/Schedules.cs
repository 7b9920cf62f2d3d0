using System.Text.Json;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>Noise schedules of the reference data's configurations.</summary>
internal static class Schedules
{
    /// <summary>Stable Diffusion 1.5's.</summary>
    public static NoiseSchedule StableDiffusion { get; } = new(new NoiseScheduleConfig());

    /// <summary>The reference set's own model's, from its diffusers folder.</summary>
    public static NoiseSchedule ReferenceModel { get; } =
        new(NoiseScheduleConfig.Load(Fixture.Default.Path("diffusers", "scheduler", "scheduler_config.json")));

    /// <summary>The schedule of a manifest's "config".</summary>
    public static NoiseSchedule Of(JsonElement config, PredictionType? type = null)
    {
        NoiseScheduleConfig read = NoiseScheduleConfig.FromJson(config.GetRawText());
        return new NoiseSchedule(read with { PredictionType = type ?? read.PredictionType });
    }

    /// <summary>The "prediction_type" of a manifest entry.</summary>
    public static PredictionType TypeOf(JsonElement entry) =>
        entry.GetProperty("prediction_type").GetString() switch
        {
            "epsilon" => PredictionType.Epsilon,
            "v_prediction" => PredictionType.Velocity,
            string other => throw new InvalidDataException($"prediction_type {other}"),
            null => throw new InvalidDataException("prediction_type null"),
        };
}
