namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>Collects the pairs of a map, layer by layer.</summary>
internal sealed class KeyMapBuilder(string ldmPrefix)
{
    private readonly List<KeyPair> _pairs = [];

    public KeyMap Build() => new(_pairs);

    /// <summary>A layer with a weight and a bias.</summary>
    public void Layer(string native, string ldm, bool optional = false, bool convolutionInLdm = false)
    {
        Parameter($"{native}.weight", $"{ldm}.weight", optional, convolutionInLdm);
        Parameter($"{native}.bias", $"{ldm}.bias", optional);
    }

    /// <summary>A single parameter.</summary>
    public void Parameter(string native, string ldm, bool optional = false, bool convolutionInLdm = false) =>
        _pairs.Add(new KeyPair(native, ldmPrefix + ldm) { Optional = optional, ConvolutionInLdm = convolutionInLdm });
}
