namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>Something is not fetched, and why.</summary>
/// <param name="reason">Without the address, so that equal reasons are counted together.</param>
/// <param name="detail">With it.</param>
/// <param name="kind">What may come of asking again.</param>
/// <param name="inner">What is behind it.</param>
internal sealed class FetchRefusedException(string reason, string detail, RefusalKind kind, Exception? inner = null)
    : Exception($"{reason}: {detail}", inner)
{
    public string Reason { get; } = reason;

    public string Detail { get; } = detail;

    public RefusalKind Kind { get; } = kind;
}

/// <summary>What may come of asking again.</summary>
internal enum RefusalKind
{
    /// <summary>The same: it is remembered in the cache.</summary>
    Lasting,

    /// <summary>Something else: the host failed in passing.</summary>
    Passing,

    /// <summary>It was not asked, by rule: robots.txt, or no address outside the public internet. Found out anew each time.</summary>
    Ruled,
}
