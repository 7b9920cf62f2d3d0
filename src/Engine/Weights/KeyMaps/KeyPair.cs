namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>One parameter under both names.</summary>
/// <param name="Native">The diffusers (UNet, autoencoder) or transformers (text encoder) name within its component.</param>
/// <param name="Ldm">The full name in a CompVis ldm checkpoint, prefix included.</param>
public sealed record KeyPair(string Native, string Ldm)
{
    /// <summary>The parameter exists in some models of this structure only, such as a shortcut convolution.</summary>
    public bool Optional { get; init; }

    /// <summary>A matrix [out, in] in native form that ldm stores as a 1×1 convolution [out, in, 1, 1].</summary>
    public bool ConvolutionInLdm { get; init; }
}
