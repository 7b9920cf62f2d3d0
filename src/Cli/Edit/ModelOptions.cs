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

    /// <summary>Name of the rule that finds the canvas from picture and resolution; null = the model's.</summary>
    public string? SizeRule { get; init; }

    /// <summary>How the picture is put on the canvas: pad keeps all of it, crop is the authors' way.</summary>
    public string Placement { get; init; } = "pad";

    /// <summary>Threads for the arithmetic; null = as many as there are cores.</summary>
    public int? Threads { get; init; }
}
