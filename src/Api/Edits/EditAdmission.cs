using InstructDiffusion.Api.Callers.Metering;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Edits;

/// <summary>The engine's door: every edit of every route and job comes through here, and is counted.</summary>
internal sealed class EditAdmission(EditQueue queue, EngineLoop engine, QueueMetrics metrics, CallerMeters meters)
{
    /// <summary>Throws what a new edit would meet at once.</summary>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now; <see cref="EngineStalledException"/> when it hangs.</exception>
    public void ThrowIfRefused(string tenant)
    {
        try
        {
            queue.ThrowIfRefused(tenant);
        }
        catch (Exception error)
        {
            Count(error);
            throw;
        }
    }

    /// <summary>Hands an edit to the engine.</summary>
    /// <exception cref="QueueFullException">The queue is full; see <see cref="EditQueue.Enqueue"/> for what else may stand against it.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    public void Enqueue(EditTicket ticket)
    {
        try
        {
            queue.Enqueue(ticket);
        }
        catch (Exception error)
        {
            Count(error);
            throw;
        }
        metrics.Accepted(ticket);
        if (meters.EngineOf(ticket.Options.Tenant) is { } budget)
        {
            Charge(ticket, budget);
        }
    }

    // What it is predicted to cost, at once, so that many at once cannot spend the same; and given back what was not done.
    private static void Charge(EditTicket ticket, CreditLimiter budget)
    {
        double cost = ticket.PredictedWork.TotalSeconds;
        budget.Spend(cost);
        _ = ticket.Completion.ContinueWith(
            _ => budget.Spend(-cost * (1 - ((double)ticket.StepsDone / ticket.Shape.Steps))),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private void Count(Exception error)
    {
        Refusal? reason = error switch
        {
            QueueFullException => Refusal.QueueFull,
            DeadlineExceededException => Refusal.Deadline,
            TooLargeForMemoryException => Refusal.TooBig,
            QuarantinedException => Refusal.Quarantined,
            EngineStalledException => Refusal.NotReady,
            EngineUnavailableException => engine.Status.Phase is EnginePhase.Stopping or EnginePhase.Stopped
                ? Refusal.Draining
                : Refusal.NotReady,
            _ => null,
        };
        if (reason is { } known)
        {
            metrics.Rejected(known);
        }
    }
}
