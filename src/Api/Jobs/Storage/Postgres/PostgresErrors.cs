using System.Net.Sockets;
using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>What an error of the database means. https://www.postgresql.org/docs/current/errcodes-appendix.html</summary>
internal static class PostgresErrors
{
    private const string IdleInTransaction = "25P03";

    /// <summary>
    /// What to tell, if this error is the database's or the network's fault and not the call's; null otherwise. Names no host,
    /// user or statement: clients read it.
    /// </summary>
    public static string? Unavailable(Exception error) =>
        error switch
        {
            JobsUnavailableException => error.Message,
            PostgresException refusal => Reason(refusal.SqlState),
            NpgsqlException { InnerException: TimeoutException } => "The database of jobs does not answer in time.",
            NpgsqlException or SocketException or IOException => "The database of jobs cannot be reached.",
            TimeoutException => "The database of jobs does not answer in time.",
            _ => null,
        };

    /// <summary>Two calls were in each other's way: the same call, made again, can succeed.</summary>
    public static bool IsConflict(Exception error) =>
        error
            is PostgresException
            {
                SqlState: PostgresErrorCodes.SerializationFailure
                    or PostgresErrorCodes.DeadlockDetected
                    or PostgresErrorCodes.UniqueViolation
            };

    /// <summary>The connection is gone: it may have been one of before the database was started anew.</summary>
    public static bool IsBroken(Exception error) =>
        error switch
        {
            PostgresException refusal => refusal.SqlState
                is PostgresErrorCodes.AdminShutdown
                    or PostgresErrorCodes.CrashShutdown
                    or IdleInTransaction,
            NpgsqlException => error.InnerException is IOException or SocketException,
            _ => false,
        };

    /// <summary>The tables are not there, or not any more.</summary>
    public static bool IsSchemaGone(Exception error) =>
        error
            is PostgresException
            {
                SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName
            };

    private static string? Reason(string code) =>
        code switch
        {
            PostgresErrorCodes.DiskFull => "The disk of the database of jobs is full.",
            PostgresErrorCodes.TooManyConnections => "The database of jobs has no connection left.",
            PostgresErrorCodes.QueryCanceled => "The database of jobs does not answer in time.",
            PostgresErrorCodes.LockNotAvailable => "The database of jobs is locked.",
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
                "The database of jobs is busy.",
            PostgresErrorCodes.ReadOnlySqlTransaction => "The database of jobs is read-only now.",
            PostgresErrorCodes.InsufficientPrivilege => "The database of jobs does not let this server do its work.",
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => "The tables of jobs are gone.",
            PostgresErrorCodes.InvalidCatalogName => "There is no such database of jobs.",
            IdleInTransaction => "The database of jobs does not answer in time.",
            _ => code[..2] switch
            {
                "08" => "The database of jobs cannot be reached.",
                "28" => "The database of jobs does not know this server.",
                "53" => "The database of jobs lacks resources.",
                "57" => "The database of jobs is stopping or starting.",
                "58" => "The disk of the database of jobs fails.",
                "XX" => "The database of jobs is damaged.",
                _ => null,
            },
        };
}
