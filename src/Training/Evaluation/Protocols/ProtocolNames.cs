namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>The protocols, by the paper's tables.</summary>
internal static class ProtocolNames
{
    /// <summary>Table 2: joints of persons whose boxes are given.</summary>
    public const string Keypoints = "keypoints";

    /// <summary>Table 3: what a phrase refers to.</summary>
    public const string Referring = "referring";

    /// <summary>Table 4: everything of a class.</summary>
    public const string Semantic = "semantic";

    /// <summary>Table 5, right: blur, noise, watermarks.</summary>
    public const string Restoration = "restoration";

    /// <summary>Table 5, left: edits by category.</summary>
    public const string Editing = "editing";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Keypoints, Referring, Semantic, Restoration, Editing];
}
