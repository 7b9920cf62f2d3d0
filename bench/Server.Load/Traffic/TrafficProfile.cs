namespace InstructDiffusion.Server.Load.Traffic;

/// <summary>What is asked for, as ranges to draw from.</summary>
internal sealed record TrafficProfile
{
    /// <summary>The stretches of time, in order; at least one.</summary>
    public required IReadOnlyList<LoadPhase> Phases { get; init; }

    /// <summary>Seed of everything random: the same seed sends the same requests at the same moments.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Fewest and most denoising steps.</summary>
    public (int Least, int Most) Steps { get; init; } = (5, 50);

    /// <summary>Values of the field <c>size</c>, each as likely; at least one.</summary>
    public IReadOnlyList<string> Sizes { get; init; } = ["auto"];

    /// <summary>Text and image guidance scales, each pair as likely: by the model's family they need one to three rows.</summary>
    public IReadOnlyList<(double Text, double Image)> Scales { get; init; } = [(5, 1.25), (5, 0.5), (0.5, 0.5)];

    /// <summary>The callers' keys with their shares of the requests; empty for a server without keys.</summary>
    public IReadOnlyList<(string Key, double Share)> Callers { get; init; } = [];

    /// <summary>Share of the requests whose clients go away before the answer.</summary>
    public double Leaving { get; init; }

    /// <summary>Longest time until such a client goes away, in seconds.</summary>
    public double LeavingWithin { get; init; } = 10;

    /// <summary>The field <c>deadline_ms</c>; null for none.</summary>
    public int? DeadlineMs { get; init; }

    /// <summary>The field <c>priority</c>; null for the server's default.</summary>
    public string? Priority { get; init; }
}
