using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// The one way from a valid edit to its result, for every route and for jobs: what is the same on all of them (the queue, the
/// cache) stands here once.
/// </summary>
internal sealed class EditDesk(
    EditAdmission admission,
    EngineLoop engine,
    SharedEdits shared,
    IOptions<CacheOptions> cache,
    RequestMetrics metrics,
    TimeProvider time
)
{
    /// <summary>The model that is served.</summary>
    /// <exception cref="EngineUnavailableException">None is loaded.</exception>
    public ModelDescription RequireModel() => engine.RequireModel();

    /// <summary>Throws what a new edit would meet at once, so that a caller can refuse before it reads a picture.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    /// <exception cref="EngineStalledException">The engine does not answer now.</exception>
    public void ThrowIfRefused(string tenant = "") => admission.ThrowIfRefused(tenant);

    /// <summary>Makes one edit, whatever was made before.</summary>
    public Task<FinishedEdit> RunAsync(
        EditRequest request,
        EditTicketOptions options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    ) => RunAsync(request, options, EditReuse.None, queued, cancellationToken);

    /// <summary>Makes one edit, or gives what an equal one gives.</summary>
    /// <param name="request">What to do; validated.</param>
    /// <param name="options">How it wants to be served.</param>
    /// <param name="reuse">Whether an equal edit's result will do.</param>
    /// <param name="queued">Told when it has joined the queue, or an edit that was there; not when the result is remembered.</param>
    /// <param name="cancellationToken">Takes it out of the queue, or its rows out of the batch at the next step.</param>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="DeadlineExceededException">It could not be done, or was not, within its time limit.</exception>
    /// <exception cref="TooLargeForMemoryException">It does not fit into the device's memory.</exception>
    /// <exception cref="BrokenEditException">It broke the engine; <see cref="QuarantinedException"/> when it did so before.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now; <see cref="EngineStalledException"/> when it hangs.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<FinishedEdit> RunAsync(
        EditRequest request,
        EditTicketOptions options,
        EditReuse reuse,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    )
    {
        var trace = new EditTrace(metrics.Watching(options), time);
        try
        {
            FinishedEdit finished = await MakeAsync(request, trace.Options, reuse, Joined, cancellationToken);
            trace.Finish(finished);
            if (finished.Cache is null or CacheOutcome.Miss)
            {
                StageMetrics.Record(finished.Result);
            }
            return finished;
        }
        catch (Exception error)
        {
            trace.Fail(error);
            throw;
        }

        void Joined(EditTicket ticket)
        {
            trace.Join(ticket);
            queued?.Invoke(ticket);
        }
    }

    private async Task<FinishedEdit> MakeAsync(
        EditRequest request,
        EditTicketOptions options,
        EditReuse reuse,
        Action<EditTicket> joined,
        CancellationToken cancellationToken
    )
    {
        if (reuse != EditReuse.None)
        {
            string scope = cache.Value.ShareBetweenCallers ? "" : options.Tenant;
            var key = EditKey.Of(scope, engine.RequireModel().Name, request);
            return await shared.RunAsync(key, request, options, reuse, joined, cancellationToken);
        }
        var ticket = new EditTicket(request, options, cancellationToken);
        admission.Enqueue(ticket);
        joined(ticket);
        EditResult result = await ticket.Completion;
        return new FinishedEdit(request, result, ticket.QueueTime, ticket.EngineTime);
    }
}
