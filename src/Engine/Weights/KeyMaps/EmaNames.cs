namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>
/// Names of an exponential moving average kept by ldm's LitEma: the parameter's path without dots, beneath the object that the
/// average was made of — the inner model in CompVis and InstructPix2Pix, the whole model in InstructDiffusion.
/// </summary>
internal static class EmaNames
{
    /// <summary>What all of them start with.</summary>
    public const string Prefix = "model_ema.";

    private const string ModelPrefix = "model.";

    /// <summary>The name that the average of an ldm parameter has among these, or null.</summary>
    public static string? Find(string ldmName, Func<string, bool> exists)
    {
        var whole = ldmName.Replace(".", "", StringComparison.Ordinal);
        string[] candidates = [Prefix + whole[(ModelPrefix.Length - 1)..], Prefix + whole];
        return candidates.FirstOrDefault(exists);
    }
}
