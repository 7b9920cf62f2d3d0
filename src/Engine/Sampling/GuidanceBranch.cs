namespace InstructDiffusion.Engine.Sampling;

/// <summary>Which conditions a UNet row is given.</summary>
public enum GuidanceBranch
{
    /// <summary>The instruction and the source image: c.</summary>
    Full,

    /// <summary>The source image and the null text (or the negative instruction): m.</summary>
    ImageOnly,

    /// <summary>The instruction and all-zero image latents: x̂.</summary>
    TextOnly,

    /// <summary>The null text and all-zero image latents: u. InstructDiffusion models were never trained on it.</summary>
    Unconditional,
}
