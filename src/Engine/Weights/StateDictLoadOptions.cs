namespace InstructDiffusion.Engine.Weights;

/// <summary>What a load may do beyond copying tensors of equal names and shapes.</summary>
public sealed record StateDictLoadOptions
{
    /// <summary>
    /// The convolution weight [out, in, kh, kw] that may come with fewer input channels than the module has; the module's
    /// further channels become zero, as the authors extend a 4-channel <c>conv_in.weight</c> to 8. Null: none may.
    /// </summary>
    public string? ExtendInputChannelsOf { get; init; }

    /// <summary>Refuses weights with NaN or infinity, after conversion to the module's type.</summary>
    /// <value>On by default: such a model gives black pictures without saying why.</value>
    public bool RequireFinite { get; init; } = true;
}
