using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>Finds the job that a request names.</summary>
internal static class JobLookup
{
    /// <summary>What a caller is told of a job that is not there, or not its own: the same.</summary>
    public static ApiException NotThere() => new(ProblemKind.NotFound, "You have no job of this id.");

    /// <summary>The caller's job of this id.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static async Task<Job> RequireAsync(this IJobStore store, HttpContext http, string id) =>
        JobId.IsWellFormed(id) && await store.FindAsync(Caller.Of(http).Name, id, http.RequestAborted) is { } job
            ? job
            : throw NotThere();
}
