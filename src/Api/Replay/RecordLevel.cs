namespace InstructDiffusion.Api.Replay;

/// <summary>How much a PNG tells of how it was made; the field <c>metadata</c>.</summary>
internal enum RecordLevel
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>All but the client's words.</summary>
    Minimal,

    /// <summary>All, the instruction included, and the text that picture viewers of Stable Diffusion show.</summary>
    Full,
}

/// <summary>The names of the levels.</summary>
internal static class RecordLevels
{
    public static IReadOnlyDictionary<string, RecordLevel> ByName { get; } =
        new OrderedDictionary<string, RecordLevel>(StringComparer.Ordinal)
        {
            ["full"] = RecordLevel.Full,
            ["minimal"] = RecordLevel.Minimal,
            ["none"] = RecordLevel.None,
        };
}
