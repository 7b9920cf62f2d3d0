using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Jobs</c>: work that is accepted now and done later, and how long its results are kept.</summary>
internal sealed class JobsOptions : IValidatableObject
{
    public const string Section = "Jobs";

    /// <summary>The value of <see cref="Store"/> for a file on this machine.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>The value of <see cref="Store"/> for a database that several servers share.</summary>
    public const string SharedPostgres = "postgres";

    /// <summary>False answers 404 on every route of jobs, and ignores <c>Prefer</c> and refuses <c>Idempotency-Key</c> on edits.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Where jobs are kept: <c>sqlite</c>, a file in <see cref="Path"/>, or <c>postgres</c>.</summary>
    [AllowedValues(Sqlite, SharedPostgres, ErrorMessage = "Jobs:Store must be sqlite or postgres.")]
    public string Store { get; init; } = Sqlite;

    /// <summary>
    /// Folder of the jobs' files, and of the database where that is a file; made when the first job comes; relative to the
    /// working directory. With SQLite for one server at a time; servers that share a database share this folder too.
    /// </summary>
    [Required]
    public string Path { get; init; } = "data";

    /// <summary>The shared database.</summary>
    public PostgresOptions Postgres { get; init; } = new();

    /// <summary>Seconds that the database may keep a request waiting before it counts as unavailable.</summary>
    [Range(1, 60)]
    public int BusySeconds { get; init; } = 5;

    /// <summary>Most bytes of the files of all jobs; when they are used up, no more jobs are accepted.</summary>
    [Range(1_000_000, 10_000_000_000_000)]
    public long MaxBytes { get; init; } = 10_000_000_000;

    /// <summary>Jobs that may wait or run.</summary>
    [Range(1, 1_000_000)]
    public int MaxOpen { get; init; } = 1_000;

    /// <summary>Jobs of one caller that may wait or run.</summary>
    [Range(1, 1_000_000)]
    public int MaxOpenPerCaller { get; init; } = 100;

    /// <summary>Seconds after which a job whose server gave no sign of life is given to another.</summary>
    [Range(3, 3_600)]
    public int LeaseSeconds { get; init; } = 30;

    /// <summary>How often a job is tried that ends in an unexpected error or with its server.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Seconds that a waiting job of one class stands behind newer ones of the next higher.</summary>
    [Range(1, 86_400)]
    public int AgeingSeconds { get; init; } = 600;

    /// <summary>Hours that a result can be fetched.</summary>
    [Range(1, 8_760)]
    public int ResultHours { get; init; } = 24;

    /// <summary>Hours that an ended job is shown after its result has, or would have, expired.</summary>
    [Range(1, 8_760)]
    public int HistoryHours { get; init; } = 168;

    /// <summary>Hours that an <c>Idempotency-Key</c> is remembered.</summary>
    [Range(1, 8_760)]
    public int IdempotencyHours { get; init; } = 24;

    /// <summary>
    /// What reports to webhooks are signed with, as Standard Webhooks writes it: <c>whsec_</c> and 24 to 64 random bytes in
    /// base64. Required when <c>Security:Webhooks:Enabled</c>, which also says where they may go.
    /// </summary>
    public string? WebhookSecret { get; init; }

    /// <summary>How often one report is tried.</summary>
    [Range(1, 20)]
    public int WebhookAttempts { get; init; } = 3;

    /// <summary>Seconds before the second attempt; each further one waits four times as long as the one before.</summary>
    [Range(1, 3_600)]
    public int WebhookRetrySeconds { get; init; } = 5;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Store.Equals(SharedPostgres, StringComparison.Ordinal)
            ? Postgres.Faults().Select(fault => new ValidationResult($"{Section}:{nameof(Postgres)}: {fault}"))
            : [];

    /// <summary>The bytes of <see cref="WebhookSecret"/>; null unless it is one.</summary>
    public byte[]? WebhookKey()
    {
        const string prefix = "whsec_";
        if (WebhookSecret is null || !WebhookSecret.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }
        byte[] key = new byte[WebhookSecret.Length];
        return
            Convert.TryFromBase64String(WebhookSecret[prefix.Length..], key, out int written)
            && written is >= 24 and <= 64
            ? key[..written]
            : null;
    }
}
