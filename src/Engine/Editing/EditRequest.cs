using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Editing;

/// <summary>One edit: a picture, an instruction and every sampling parameter. Immutable and complete: two equal requests give the same picture.</summary>
public sealed record EditRequest
{
    /// <summary>Most denoising steps a request may ask for.</summary>
    public const int MaxSteps = 500;

    /// <summary>Largest guidance scale accepted; the authors' sliders end at 15.</summary>
    public const double MaxGuidanceScale = 50;

    /// <summary>The source picture, upright, sRGB.</summary>
    public required RgbImage Image { get; init; }

    /// <summary>What to do, at most 77 tokens with begin and end; the rest is dropped and reported.</summary>
    public required string Instruction { get; init; }

    /// <summary>Text of the branch "without instruction"; empty as in the authors' code.</summary>
    public string NegativeInstruction { get; init; } = "";

    /// <summary>Denoising steps, 1…<see cref="MaxSteps"/>.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Seed of this picture's noise.</summary>
    public long Seed { get; init; }

    /// <summary>s_T, 0…<see cref="MaxGuidanceScale"/>: how strongly the instruction is followed.</summary>
    public double TextGuidanceScale { get; init; } = 5.0;

    /// <summary>s_I, 0…<see cref="MaxGuidanceScale"/>: how closely the source picture is kept.</summary>
    public double ImageGuidanceScale { get; init; } = 1.25;

    /// <summary>The sampler.</summary>
    public SamplerKind Sampler { get; init; } = SamplerKind.Ddim;

    /// <summary>Stochasticity of DDIM, 0 (deterministic) … 1 (DDPM-like). Other samplers ignore it.</summary>
    public double Eta { get; init; }

    /// <summary>The size the model works at; null = the model's default rule and resolution.</summary>
    public WorkingSize? WorkingSize { get; init; }

    /// <summary>How the picture is laid on a canvas of another aspect.</summary>
    public CanvasPlacement Placement { get; init; } = CanvasPlacement.Pad;

    /// <summary>
    /// True to get <see cref="EditResult.RoundTrip"/> too: painted marks are read by comparing with it, which cancels the
    /// autoencoder's errors.
    /// </summary>
    public bool IncludeRoundTrip { get; init; }

    /// <summary>Whether it may share model calls with other edits.</summary>
    public Determinism Determinism { get; init; }

    /// <summary>Checks every range.</summary>
    /// <exception cref="InvalidEditException">Names the first parameter out of range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Instruction))
        {
            throw new InvalidEditException("instruction", "must not be empty");
        }
        if (Steps is < 1 or > MaxSteps)
        {
            throw new InvalidEditException("steps", $"must be between 1 and {MaxSteps}, got {Steps}");
        }
        RequireScale("text_guidance_scale", TextGuidanceScale);
        RequireScale("image_guidance_scale", ImageGuidanceScale);
        if (!(Eta >= 0 && Eta <= 1))
        {
            throw new InvalidEditException("eta", $"must be between 0 and 1, got {Eta}");
        }
        if (Seed < 0)
        {
            throw new InvalidEditException("seed", $"must not be negative, got {Seed}");
        }
    }

    private static void RequireScale(string name, double value)
    {
        if (!(value >= 0 && value <= MaxGuidanceScale))
        {
            throw new InvalidEditException(name, $"must be between 0 and {MaxGuidanceScale}, got {value}");
        }
    }
}
