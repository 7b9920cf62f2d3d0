namespace InstructDiffusion.Api.Caching;

/// <summary>Where a result came from; in the order in which several are summed up as one.</summary>
internal enum CacheOutcome
{
    /// <summary>It was remembered.</summary>
    Hit,

    /// <summary>An equal edit was running, and its result is this one's too.</summary>
    Coalesced,

    /// <summary>The engine made it for this request.</summary>
    Miss,
}
