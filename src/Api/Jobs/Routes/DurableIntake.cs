using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>Reads requests that are jobs from the beginning, such as those with an <c>Idempotency-Key</c>.</summary>
internal sealed class DurableIntake(EditIntake intake, IOptions<JobsOptions> options)
{
    /// <summary>Whether this server keeps jobs.</summary>
    public bool KeepsJobs => options.Value.Enabled;

    /// <summary>The request's key; null if it has none.</summary>
    /// <exception cref="ApiException">It is none that can be used, or this server can honour none.</exception>
    public string? KeyOf(HttpRequest request)
    {
        string? key = IdempotencyHeader.Of(request);
        return key is null || KeepsJobs
            ? key
            : throw new ApiException(
                ProblemKind.JobsUnavailable,
                $"This server keeps no jobs, so it cannot honour an {IdempotencyHeader.Name}."
            );
    }

    /// <summary>Reads one request.</summary>
    /// <param name="request">The request; its body is unread.</param>
    /// <param name="operation">What it asks for.</param>
    /// <param name="fields">The fields that it may have: the operation's, and how it wants to be served.</param>
    /// <param name="terms">How it wants to be served.</param>
    /// <param name="accept">See <see cref="JobDraft.Of"/>.</param>
    /// <param name="answer">What the answer is to be where a route gives several; a key of one is not good for another.</param>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public Task<JobDraft> ReadAsync(
        HttpRequest request,
        JobOperation operation,
        IReadOnlyList<EditField> fields,
        Func<EditForm, EditTicketOptions> terms,
        Func<EditForm, double> accept,
        string answer = ""
    ) =>
        intake.ReadAsync(
            request,
            fields,
            form =>
            {
                EditTicketOptions wanted = terms(form);
                if (wanted.OnDeadline == DeadlineAction.Partial)
                {
                    // What a job gives is kept, and must not depend on how busy the server was.
                    form.Fault(EditField.OnDeadline, "must be fail where the edit becomes a job");
                }
                return JobDraft.Of(operation, form, request.Path + answer, accept) with
                {
                    Priority = wanted.Priority,
                    TimeLimit = wanted.TimeLimit,
                };
            }
        );
}
