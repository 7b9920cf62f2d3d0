using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

/// <summary>Records of a made-up run.</summary>
internal static class StepRecords
{
    public static StepRecord Of(long step, double loss = 0.25) =>
        new()
        {
            Step = step,
            SamplesSeen = 8 * (step + 1),
            Loss = loss,
            LossByTask = new Dictionary<string, double> { ["removal"] = loss / 2, ["segmentation"] = 2 * loss },
            GradientNorm = 1.5,
            LearningRate = 1e-4,
            EmaDecay = 0.9,
            SamplesPerSecond = 40,
            DataWaitShare = 0.125,
            LiveTensors = 321,
            ResidentMiB = 512.5,
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };
}
