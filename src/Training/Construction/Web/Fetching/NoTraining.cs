namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>The words by which sites keep their pages and pictures from being trained on.</summary>
internal static class NoTraining
{
    /// <summary>Why what is reserved is refused.</summary>
    public const string Reason = "is reserved from training by its owner";

    /// <summary>Whether a value of X-Robots-Tag, or the content of a robots meta element, says so.</summary>
    public static bool IsIn(string value) =>
        value
            .Split([',', ':', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Any(word => word.ToLowerInvariant() is "noai" or "noimageai");
}
