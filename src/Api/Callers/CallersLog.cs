namespace InstructDiffusion.Api.Callers;

/// <summary>Log messages about callers and their keys, events 3500–3549.</summary>
internal static partial class CallersLog
{
    [LoggerMessage(3500, LogLevel.Information, "The keys file was read anew: {Count} keys are valid.")]
    public static partial void KeysReloaded(this ILogger logger, int count);

    [LoggerMessage(3501, LogLevel.Error, "The keys file could not be read anew, the old keys stay valid: {Reason}")]
    public static partial void KeysNotReloaded(this ILogger logger, string reason);

    [LoggerMessage(
        3502,
        LogLevel.Warning,
        "Everybody who reaches this server may use it: Security:AllowAnonymous is set."
    )]
    public static partial void EverybodyMayUseIt(this ILogger logger);

    [LoggerMessage(3503, LogLevel.Information, "Refused {TraceId}: {Status} {Code}. {Detail}")]
    public static partial void Refused(this ILogger logger, string traceId, int status, string code, string detail);
}
