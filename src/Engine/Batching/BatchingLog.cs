using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>Log messages of the engine's thread, events 2000–2099.</summary>
internal static partial class BatchingLog
{
    [LoggerMessage(
        2000,
        LogLevel.Information,
        "Serving the model {Model} after {Seconds:F1} s of loading and warming up."
    )]
    public static partial void EngineReady(this ILogger logger, string model, double seconds);

    [LoggerMessage(
        2005,
        LogLevel.Warning,
        "The model {Model} is the small UNTRAINED reference: every answer is meaningless. Set Engine:Path to a trained model."
    )]
    public static partial void ModelUntrained(this ILogger logger, string model);

    [LoggerMessage(2001, LogLevel.Critical, "The model could not be loaded; the engine takes no edits.")]
    public static partial void LoadFailed(this ILogger logger, Exception error);

    [LoggerMessage(2002, LogLevel.Critical, "The engine has failed and takes no more edits.")]
    public static partial void EngineFailed(this ILogger logger, Exception error);

    [LoggerMessage(2003, LogLevel.Information, "The engine has stopped.")]
    public static partial void EngineStopped(this ILogger logger);

    [LoggerMessage(2004, LogLevel.Warning, "The engine does not answer; the process leaves it behind.")]
    public static partial void EngineHangs(this ILogger logger);

    [LoggerMessage(2010, LogLevel.Warning, "A step of {Edits} edits failed; each is tried alone.")]
    public static partial void BatchStepFailed(this ILogger logger, Exception error, int edits);

    [LoggerMessage(2011, LogLevel.Warning, "An edit failed in its {Phase}; the others go on.")]
    public static partial void EditFailed(this ILogger logger, Exception error, string phase);
}
