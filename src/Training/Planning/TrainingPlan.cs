using System.Globalization;
using System.Text;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Planning;

/// <summary>What a run will take.</summary>
public sealed record TrainingPlan
{
    private const double Giga = 1e9;
    private const double Gibi = 1 << 30;

    /// <summary>The models and their parameters.</summary>
    public required IReadOnlyList<PlannedPart> Parts { get; init; }

    /// <summary>Bytes by purpose.</summary>
    public required PlannedMemory Memory { get; init; }

    /// <summary>Floating-point operations of the forward passes of one sample, frozen models included.</summary>
    public required double ForwardFlops { get; init; }

    /// <summary>Floating-point operations that training takes for one sample: forward, backward, and what is computed again.</summary>
    public required double TrainingFlops { get; init; }

    /// <summary>Samples of a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Steps of the run.</summary>
    public required long Steps { get; init; }

    /// <summary>Samples a second that may be expected; null when the machine's rate is not known.</summary>
    public double? SamplesPerSecond { get; init; }

    /// <summary>Seconds of the whole run; null when the machine's rate is not known.</summary>
    public double? Seconds => SamplesPerSecond is { } rate ? BatchSize * (double)Steps / rate : null;

    /// <summary>The plan as a table.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("parameters\n");
        foreach (PlannedPart part in Parts)
        {
            string kind = part.IsTrained ? "trained" : "frozen";
            Row(text, part.Name, $"{part.Parameters.ToString("N0", CultureInfo.InvariantCulture)} {kind}");
        }
        text.Append("memory, GiB\n");
        (string Name, double Bytes)[] purposes =
        [
            ("weights", Memory.Weights),
            ("gradients", Memory.Gradients),
            ("optimizer", Memory.Optimizer),
            ("average", Memory.Ema),
            ("validation", Memory.Validation),
            ("activations", Memory.Activations),
            ("in all", Memory.Total),
        ];
        foreach ((string name, double bytes) in purposes)
        {
            Row(text, name, Number(bytes / Gibi));
        }
        text.Append("arithmetic of a sample, GFLOP\n");
        Row(text, "forward", Number(ForwardFlops / Giga));
        Row(text, "training", Number(TrainingFlops / Giga));
        text.Append("time\n");
        Row(text, "samples", (BatchSize * Steps).ToString("N0", CultureInfo.InvariantCulture));
        if (SamplesPerSecond is { } rate)
        {
            Row(text, "samples/s, about", Number(rate));
            Row(text, "the run, about", Duration.Text(Seconds!.Value));
        }
        else
        {
            Row(text, "the run", "unknown without the machine's rate");
        }
        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, string value) =>
        text.Append(CultureInfo.InvariantCulture, $"  {name, -18}{value, 24}\n");

    private static string Number(double value) =>
        value.ToString(value < 10 ? "0.000" : "N1", CultureInfo.InvariantCulture);
}

/// <summary>One model of a run.</summary>
/// <param name="Name">As checkpoints call it.</param>
/// <param name="Parameters">How many it has.</param>
/// <param name="IsTrained">Whether the run changes them.</param>
public sealed record PlannedPart(string Name, long Parameters, bool IsTrained);

/// <summary>Bytes of a run by purpose. The program itself, data and caches come on top.</summary>
/// <param name="Weights">Of all models, fp32; in half precision the trained ones' lowered copy as well.</param>
/// <param name="Gradients">Of every worker.</param>
/// <param name="Optimizer">Both moments of Adam.</param>
/// <param name="Ema">The average of the trained weights.</param>
/// <param name="Validation">The instance that validation loads.</param>
/// <param name="Activations">Kept between forward and backward pass by every worker, an estimate.</param>
public sealed record PlannedMemory(
    double Weights,
    double Gradients,
    double Optimizer,
    double Ema,
    double Validation,
    double Activations
)
{
    /// <summary>All of it.</summary>
    public double Total => Weights + Gradients + Optimizer + Ema + Validation + Activations;
}
