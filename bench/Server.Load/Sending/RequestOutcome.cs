using InstructDiffusion.Server.Load.Traffic;

namespace InstructDiffusion.Server.Load.Sending;

/// <summary>What became of one request.</summary>
internal sealed record RequestOutcome
{
    public required PlannedRequest Request { get; init; }

    /// <summary>How much later than planned it was sent: the generator's own lag.</summary>
    public required TimeSpan Lag { get; init; }

    /// <summary>From the planned moment to the last byte of the answer, or to the end of it.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>HTTP status of the last answer; 0 when there was none.</summary>
    public required int Status { get; init; }

    /// <summary>The problem's code; null when it succeeded, or there was no answer.</summary>
    public string? Code { get; init; }

    /// <summary>True when the client went away, as planned.</summary>
    public bool HasLeft { get; init; }

    /// <summary>Why there was no answer; null when there was, or the client had left.</summary>
    public string? Failure { get; init; }

    /// <summary>The header <c>Retry-After</c> of a refusal; null when there was none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Times that it came back as a refusal had told it.</summary>
    public int Returns { get; init; }

    /// <summary>How often it was taken when it came back.</summary>
    public int TakenOnReturn { get; init; }

    /// <summary>The parts of <c>Server-Timing</c> in milliseconds; empty when there was no answer.</summary>
    public IReadOnlyDictionary<string, double> Timings { get; init; } = new Dictionary<string, double>();

    /// <summary>True when it gave a picture.</summary>
    public bool IsServed => Status == 200;

    /// <summary>True when the server took no work from it because it had enough.</summary>
    public bool IsRefused => Status == 429;
}
