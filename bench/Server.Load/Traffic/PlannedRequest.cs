namespace InstructDiffusion.Server.Load.Traffic;

/// <summary>One request, known before the run begins.</summary>
internal sealed record PlannedRequest
{
    /// <summary>Its number, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The phase it belongs to, from 0.</summary>
    public required int Phase { get; init; }

    /// <summary>When it is sent, whatever became of those before.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>The caller, from 0; 0 on a server without keys.</summary>
    public required int Caller { get; init; }

    public required int Steps { get; init; }

    public required string Size { get; init; }

    public required double TextScale { get; init; }

    public required double ImageScale { get; init; }

    public required long Seed { get; init; }

    /// <summary>Time after which the client goes away; null when it stays.</summary>
    public required TimeSpan? LeavesAfter { get; init; }
}
