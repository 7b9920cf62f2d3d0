using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>One edit of a simulation, from its asking to its end.</summary>
internal sealed class SimulatedEdit(EditTicket ticket, TimeSpan askedAt)
{
    public EditTicket Ticket { get; } = ticket;

    public TimeSpan AskedAt { get; } = askedAt;

    /// <summary>What it was refused with; null when it was accepted.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>Null while it waits or runs, and when it was refused.</summary>
    public EditOutcome? Outcome { get; set; }

    public TimeSpan EndedAt { get; set; }

    public string Tenant => Ticket.Options.Tenant;

    public bool IsAccepted => Refusal is null;

    /// <summary>Time from asking to the end.</summary>
    public TimeSpan Latency => EndedAt - AskedAt;

    /// <summary>Actual over predicted time.</summary>
    public double PredictionRatio => Latency / Ticket.PredictedTime;
}
