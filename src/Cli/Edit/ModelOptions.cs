using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Cli.Edit;

/// <summary>Which model to open, and how.</summary>
internal sealed record ModelOptions
{
    /// <summary>A model folder or checkpoint file.</summary>
    public required string Path { get; init; }

    /// <summary>cpu, cuda or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>fp32, fp16 or bf16.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>How the canvas follows from picture and resolution; null = as the model says.</summary>
    public WorkingSizeRule? SizeRule { get; init; }

    /// <summary>How the picture is put on the canvas.</summary>
    public CanvasPlacement Placement { get; init; }

    /// <summary>Threads for the arithmetic; null = as many as there are cores.</summary>
    public int? Threads { get; init; }
}
