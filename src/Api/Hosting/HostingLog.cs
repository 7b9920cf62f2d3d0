namespace InstructDiffusion.Api.Hosting;

/// <summary>Log messages about the served model, events 3300–3399.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(3300, LogLevel.Warning, "The weights' SHA-256 is not known: a file cannot be read.")]
    public static partial void WeightsUnreadable(this ILogger logger, Exception error);
}
