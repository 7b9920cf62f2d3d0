namespace InstructDiffusion.Engine.Batching;

/// <summary>All that a plan is made from. The planner reads it and changes nothing.</summary>
internal sealed record BatchState
{
    /// <summary>The queue's clock.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>The queue, oldest first.</summary>
    public required IReadOnlyList<EditTicket> Waiting { get; init; }

    /// <summary>The edits whose states the engine holds, in the order they were admitted.</summary>
    public required IReadOnlyList<RunningEdit> Running { get; init; }

    /// <summary>What the tenants have had.</summary>
    public required TenantLedger Ledger { get; init; }

    /// <summary>How much may be done at once.</summary>
    public required BatchLimits Limits { get; init; }

    /// <summary>What work costs.</summary>
    public required CostEstimate Costs { get; init; }
}
