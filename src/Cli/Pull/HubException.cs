using System.Net;

namespace InstructDiffusion.Cli.Pull;

/// <summary>The hub's answer cannot be used, or none came.</summary>
internal sealed class HubException(string message, Exception? inner = null) : CommandException(message, inner)
{
    /// <summary>The same request may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>The status of the answer; null when none came.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>How long the hub asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
