namespace InstructDiffusion.Api.Errors;

/// <summary>Log messages about failed requests, events 3100–3199.</summary>
internal static partial class ErrorsLog
{
    [LoggerMessage(3100, LogLevel.Error, "A request failed: {Code}.")]
    public static partial void RequestFailed(this ILogger logger, Exception error, string code);
}
