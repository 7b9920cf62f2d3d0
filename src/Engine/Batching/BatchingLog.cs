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

    [LoggerMessage(
        2006,
        LogLevel.Critical,
        "The engine has been silent for {Seconds:F0} s; every edit is answered with an error."
    )]
    public static partial void EngineStalled(this ILogger logger, double seconds);

    [LoggerMessage(2007, LogLevel.Warning, "The engine is back after a silence and takes edits again.")]
    public static partial void EngineRecovered(this ILogger logger);

    [LoggerMessage(2010, LogLevel.Warning, "A step of {Edits} edits failed; it is tried in parts.")]
    public static partial void BatchStepFailed(this ILogger logger, Exception error, int edits);

    [LoggerMessage(2011, LogLevel.Warning, "An edit failed in its {Phase}; the others go on.")]
    public static partial void EditFailed(this ILogger logger, Exception error, string phase);

    [LoggerMessage(2012, LogLevel.Warning, "Preparing {Edits} edits together failed; each is tried alone.")]
    public static partial void PreparationFailed(this ILogger logger, Exception error, int edits);

    [LoggerMessage(2013, LogLevel.Warning, "A preview could not be made; the edit goes on.")]
    public static partial void PreviewFailed(this ILogger logger, Exception error);
}
