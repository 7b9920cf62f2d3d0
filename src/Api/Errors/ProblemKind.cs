using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Errors;

/// <summary>The closed list of problems a client can meet. <paramref name="Code"/> never changes its meaning.</summary>
/// <param name="Code">Stable name, also the end of the problem's <c>type</c>.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">The same for every occurrence.</param>
internal sealed record ProblemKind(string Code, int Status, string Title)
{
    /// <summary>False when the same request would fail again: clients that ask are told not to try.</summary>
    public bool ShouldRetry { get; init; } = true;

    public static readonly ProblemKind MalformedBody = new("malformed_body", 400, "The request body cannot be read.");
    public static readonly ProblemKind DuplicateField = new("duplicate_field", 400, "A field is given twice.");
    public static readonly ProblemKind BadRequest = new("bad_request", 400, "The request is malformed.");
    public static readonly ProblemKind TooManyImages = new("too_many_images", 400, "More pictures than can be edited.");
    public static readonly ProblemKind ModelNotFound = new("model_not_found", 404, "There is no such model.");
    public static readonly ProblemKind MissingCredentials = new("missing_credentials", 401, "A key is needed.");
    public static readonly ProblemKind InvalidCredentials = new("invalid_credentials", 401, "The key is not valid.");
    public static readonly ProblemKind MissingScope = new("missing_scope", 403, "The key does not allow this.");
    public static readonly ProblemKind ForeignSite = new("foreign_site", 403, "Another site's page may not do this.");
    public static readonly ProblemKind ForbiddenUrl = new(
        "forbidden_url",
        403,
        "The server may not call this address."
    );
    public static readonly ProblemKind NotFound = new("not_found", 404, "There is nothing at this address.");
    public static readonly ProblemKind MethodNotAllowed = new("method_not_allowed", 405, "Wrong method.");
    public static readonly ProblemKind NotAcceptable = new("not_acceptable", 406, "No such answer format.");
    public static readonly ProblemKind UploadTooSlow = new("upload_too_slow", 408, "The body took too long to arrive.");
    public static readonly ProblemKind JobNotFinished = new("job_not_finished", 409, "The job has not finished.");
    public static readonly ProblemKind RequestInProgress = new(
        "request_in_progress",
        409,
        "The same request is being answered."
    );
    public static readonly ProblemKind ResultExpired = new("result_expired", 410, "The result is no longer kept.");
    public static readonly ProblemKind BodyTooLarge = new("body_too_large", 413, "The request body is too large.");
    public static readonly ProblemKind ImageTooLarge = new("image_too_large", 413, "The picture is too large.");
    public static readonly ProblemKind UnsupportedBody = new("unsupported_body", 415, "The body has an unknown type.");
    public static readonly ProblemKind UnsupportedImage = new(
        "unsupported_image",
        415,
        "The picture has an unknown type."
    );
    public static readonly ProblemKind InvalidParameter = new("invalid_parameter", 422, "A field has a wrong value.");
    public static readonly ProblemKind InvalidImage = new("invalid_image", 422, "The picture cannot be decoded.");
    public static readonly ProblemKind UnreachableUrl = new("unreachable_url", 422, "The address does not answer.");
    public static readonly ProblemKind IdempotencyKeyReused = new(
        "idempotency_key_reused",
        422,
        "The Idempotency-Key belongs to another request."
    );
    public static readonly ProblemKind JobFailed = new("job_failed", 424, "The job did not succeed.");
    public static readonly ProblemKind TooManyJobs = new("too_many_jobs", 429, "Too many jobs are open.");
    public static readonly ProblemKind RateLimited = new("rate_limited", 429, "The caller's limit is reached.");
    public static readonly ProblemKind TaskNotSupported = new(
        "task_not_supported",
        422,
        "The model was not trained for this task."
    );
    public static readonly ProblemKind NoRecord = new("no_record", 422, "The picture carries no record to replay.");
    public static readonly ProblemKind SourceMismatch = new(
        "source_mismatch",
        422,
        "The source is not the one that the picture was made of."
    );
    public static readonly ProblemKind QueueFull = new("queue_full", 429, "Too much work is waiting.");
    public static readonly ProblemKind TooManyUploads = new("too_many_uploads", 429, "Too many uploads at once.");
    public static readonly ProblemKind ClientClosed = new("client_closed_request", 499, "The client went away.");
    public static readonly ProblemKind NonFiniteImage = new("non_finite_image", 500, "The model gave no picture.")
    {
        ShouldRetry = false, // the same seed gives the same numbers
    };
    public static readonly ProblemKind Quarantined = new("quarantined", 500, "The request broke the engine before.")
    {
        ShouldRetry = false,
    };
    public static readonly ProblemKind Internal = new("internal_error", 500, "An error of the server.");
    public static readonly ProblemKind EngineStalled = new("engine_stalled", 503, "The engine does not answer.");
    public static readonly ProblemKind JobsUnavailable = new("jobs_unavailable", 503, "Jobs cannot be stored now.");
    public static readonly ProblemKind NotReady = new("not_ready", 503, "The server takes no edits now.");
    public static readonly ProblemKind DeadlineBeforeStart = new(
        "deadline_before_start",
        504,
        "There is not enough time for the edit."
    )
    {
        ShouldRetry = false,
    };
    public static readonly ProblemKind DeadlineRunning = new(
        "deadline_running",
        504,
        "The edit's time was over before it was done."
    )
    {
        ShouldRetry = false,
    };
    public static readonly ProblemKind TooLargeForMemory = new(
        "too_large_for_memory",
        507,
        "The edit does not fit into the device's memory."
    )
    {
        ShouldRetry = false,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        MalformedBody,
        DuplicateField,
        BadRequest,
        TooManyImages,
        ModelNotFound,
        MissingCredentials,
        InvalidCredentials,
        MissingScope,
        ForeignSite,
        ForbiddenUrl,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        UploadTooSlow,
        JobNotFinished,
        RequestInProgress,
        ResultExpired,
        BodyTooLarge,
        ImageTooLarge,
        UnsupportedBody,
        UnsupportedImage,
        IdempotencyKeyReused,
        InvalidParameter,
        InvalidImage,
        UnreachableUrl,
        JobFailed,
        TooManyJobs,
        RateLimited,
        TaskNotSupported,
        NoRecord,
        SourceMismatch,
        QueueFull,
        TooManyUploads,
        ClientClosed,
        NonFiniteImage,
        Quarantined,
        Internal,
        EngineStalled,
        JobsUnavailable,
        NotReady,
        DeadlineBeforeStart,
        DeadlineRunning,
        TooLargeForMemory,
    ];

    /// <summary>The problem's <c>type</c>: an address on this server that explains it.</summary>
    public string Type => $"/problems/{Code}";

    /// <summary>What to say when the framework knows only a status; null for one that we never give.</summary>
    public static ProblemKind? OfStatus(int status) =>
        status switch
        {
            400 => BadRequest,
            415 => UnsupportedBody,
            422 => InvalidParameter,
            _ => All.LastOrDefault(kind => kind.Status == status),
        };

    /// <summary>How a picture's fault is answered.</summary>
    public static ProblemKind Of(ImageFormatErrorKind fault) =>
        fault switch
        {
            ImageFormatErrorKind.TooManyBytes or ImageFormatErrorKind.TooManyPixels => ImageTooLarge,
            ImageFormatErrorKind.Unsupported or ImageFormatErrorKind.Animated => UnsupportedImage,
            _ => InvalidImage,
        };
}
