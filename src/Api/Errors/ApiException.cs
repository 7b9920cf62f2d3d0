namespace InstructDiffusion.Api.Errors;

/// <summary>A request is answered with a problem. <paramref name="detail"/> is read by the client.</summary>
internal sealed class ApiException(ProblemKind kind, string detail, string? parameter = null) : Exception(detail)
{
    public ProblemKind Kind { get; } = kind;

    /// <summary>The field to blame, if one is.</summary>
    public string? Parameter { get; } = parameter;

    /// <summary>Every field that is wrong, with the reasons; empty when the problem is not about fields.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; init; } = new Dictionary<string, string[]>();

    /// <summary>False when the same request would fail again.</summary>
    public bool ShouldRetry { get; init; } = kind.ShouldRetry;

    /// <summary>True when the same request can succeed later, false when it cannot; null when nobody knows.</summary>
    public bool? IsWorthRetrying =>
        Kind.Status switch
        {
            _ when !ShouldRetry => false,
            408 or 409 or 429 or 503 => true,
            < 500 => false,
            _ => null,
        };

    /// <summary>When to come back.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
