namespace InstructDiffusion.Api.Edits;

/// <summary>Log messages about edits, events 3000–3099.</summary>
internal static partial class EditLog
{
    [LoggerMessage(
        3000,
        LogLevel.Information,
        "Edit {TraceId}: {Status} {Outcome}, {Width}x{Height}, {Sampler} {Steps} steps, scales {TextScale} and {ImageScale}, "
            + "seed {Seed}, caller {Caller}, class {Class}, cache {Cache}, batch {BatchMax}, queue {QueueMs:F0} ms, engine {EngineMs:F0} ms, "
            + "total {TotalMs:F0} ms, request {RequestId}"
    )]
    public static partial void EditEnded(
        this ILogger logger,
        string traceId,
        int status,
        string outcome,
        int width,
        int height,
        string sampler,
        int steps,
        double textScale,
        double imageScale,
        long seed,
        string caller,
        string @class,
        string cache,
        int batchMax,
        double queueMs,
        double engineMs,
        double totalMs,
        string requestId
    );

    [LoggerMessage(
        3001,
        LogLevel.Information,
        "Edit {TraceId}: {Status} {Outcome}, caller {Caller}, total {TotalMs:F0} ms, request {RequestId}"
    )]
    public static partial void RequestRefused(
        this ILogger logger,
        string traceId,
        int status,
        string outcome,
        string caller,
        double totalMs,
        string requestId
    );
}
