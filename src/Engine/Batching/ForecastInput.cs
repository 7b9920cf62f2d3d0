namespace InstructDiffusion.Engine.Batching;

/// <summary>What a forecast is made from.</summary>
internal sealed record ForecastInput
{
    /// <summary>The queue's clock.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>The queue, oldest first.</summary>
    public required IReadOnlyList<EditTicket> Waiting { get; init; }

    /// <summary>What runs.</summary>
    public required IReadOnlyList<RunningLoad> Running { get; init; }

    /// <summary>Virtual seconds that the tenants which are present have had; others have had as little as any.</summary>
    public required IReadOnlyDictionary<string, double> Used { get; init; }

    /// <summary>How much is done at once.</summary>
    public required BatchLimits Limits { get; init; }

    /// <summary>What work costs.</summary>
    public required CostEstimate Costs { get; init; }
}

/// <summary>A running edit as others need to know it.</summary>
/// <param name="Ticket">Which.</param>
/// <param name="StepsLeft">Steps it has yet to take.</param>
internal readonly record struct RunningLoad(EditTicket Ticket, int StepsLeft);
