namespace InstructDiffusion.Api.Observability;

/// <summary>How a report to a client's address ended.</summary>
internal enum WebhookOutcome
{
    /// <summary>It was taken.</summary>
    Delivered,

    /// <summary>The address answered otherwise.</summary>
    Refused,

    /// <summary>The address did not answer, or could not be called.</summary>
    Unreachable,
}
