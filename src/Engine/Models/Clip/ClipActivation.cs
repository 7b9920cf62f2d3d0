namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>What stands between the two linear layers of a CLIP layer.</summary>
public enum ClipActivation
{
    /// <summary>x·σ(1.702x), as OpenAI trained it.</summary>
    QuickGelu,

    /// <summary>The exact GELU, x·Φ(x), as OpenCLIP trained its own.</summary>
    Gelu,

    /// <summary>max(x, 0), in CLIPSeg's decoder.</summary>
    Relu,
}
