using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// The one way from a valid edit to its result, for every route and for jobs: what is the same on all of them (the queue, the
/// cache) stands here once.
/// </summary>
internal sealed class EditService(EditQueue queue, EngineLoop engine)
{
    /// <summary>The model that is served.</summary>
    /// <exception cref="EngineUnavailableException">None is loaded.</exception>
    public ModelDescription RequireModel() => engine.RequireModel();

    /// <summary>Throws what <see cref="RunAsync"/> would throw at once, so that a caller can refuse before it reads a picture.</summary>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    public void ThrowIfRefused() => queue.ThrowIfRefused();

    /// <summary>Makes one edit.</summary>
    /// <param name="request">What to do; validated.</param>
    /// <param name="options">How it wants to be served.</param>
    /// <param name="queued">Told when it has joined the queue.</param>
    /// <param name="cancellationToken">Takes it out of the queue, or its rows out of the batch at the next step.</param>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<FinishedEdit> RunAsync(
        EditRequest request,
        EditTicketOptions options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    )
    {
        var ticket = new EditTicket(request, options, cancellationToken);
        queue.Enqueue(ticket);
        queued?.Invoke(ticket);
        EditResult result = await ticket.Completion;
        return new FinishedEdit(request, result, ticket.QueueTime, ticket.EngineTime);
    }
}
