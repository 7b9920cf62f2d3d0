namespace InstructDiffusion.Api.Streaming;

/// <summary>Log messages about event streams, events 3600–3699.</summary>
internal static partial class StreamingLog
{
    [LoggerMessage(3600, LogLevel.Information, "The client of an event stream {Reason}; it was dropped.")]
    public static partial void ClientDropped(this ILogger logger, string reason);
}
