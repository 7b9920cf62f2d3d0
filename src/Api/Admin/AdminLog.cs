namespace InstructDiffusion.Api.Admin;

/// <summary>Log messages about operating the server, events 3550–3599.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(3550, LogLevel.Warning, "Draining is {IsOn} by '{Caller}'.")]
    public static partial void DrainChanged(this ILogger logger, bool isOn, string caller);
}
