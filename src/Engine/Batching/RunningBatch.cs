using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The edits in flight on one device. Each <see cref="Round"/> lets go of those that are over, decodes one or prepares some
/// newcomers, and takes one denoising step: edits join and leave at every step. What goes wrong in one edit fails that edit
/// alone. Owns the states and disposes each exactly once, before its ticket is completed. Used by one thread.
/// </summary>
/// <param name="pipeline">The model's calls.</param>
/// <param name="queue">Where newcomers come from.</param>
/// <param name="limits">How much to do at once.</param>
/// <param name="time">The queue's clock.</param>
/// <param name="logger">Where failures are told.</param>
/// <param name="onSign">Called before every call of the pipeline: the thread lives. Null for nobody.</param>
internal sealed partial class RunningBatch(
    IEditPipeline pipeline,
    EditQueue queue,
    BatchLimits limits,
    TimeProvider time,
    ILogger logger,
    Action? onSign = null
)
{
    private readonly List<RunningEdit> _running = [];
    private readonly TenantLedger _ledger = new();
    private readonly BatchSpans _spans = new(time);

    /// <summary>Edits in flight.</summary>
    public int Count => _running.Count;

    private EngineExperience Experience => queue.Experience;

    /// <summary>Does the next piece of work.</summary>
    /// <returns>False when there was nothing to do.</returns>
    public bool Round()
    {
        IReadOnlyList<EditTicket> waiting = queue.Snapshot();
        CostEstimate costs = Experience.Costs.Estimate;
        _ledger.Meet(FirstWorkOfEach(waiting, costs));
        BatchPlan plan = BatchPlanner.Plan(
            new BatchState
            {
                Now = time.SinceStart(),
                Waiting = waiting,
                Running = _running,
                Ledger = _ledger,
                Limits = limits with
                {
                    MaxPixelsPerStep = Math.Min(limits.MaxPixelsPerStep, Experience.Memory.MostStepPixels),
                    MaxPixelsPerPreparation = Math.Min(
                        limits.MaxPixelsPerPreparation,
                        Experience.Memory.MostPreparationPixels
                    ),
                },
                Costs = costs,
            }
        );
        // 1 Let go.
        foreach ((EditTicket ticket, EditFate fate) in plan.DropWaiting)
        {
            if (queue.Take(ticket))
            {
                End(ticket, fate);
            }
        }
        foreach ((RunningEdit edit, EditFate fate) in plan.DropRunning)
        {
            Leave(edit);
            End(edit.Ticket, fate);
        }
        // 2 One piece of work beside the steps.
        foreach (RunningEdit edit in plan.Cut)
        {
            edit.IsCut = true;
        }
        if (plan.Finish is { } denoised)
        {
            Finish(denoised);
        }
        Prepare([.. plan.Prepare.Where(queue.Take)]);
        // 3 One step.
        if (plan.Step.Count > 0)
        {
            Step(plan.Step);
        }
        queue.Publish(Load());
        return !plan.IsEmpty;
    }

    /// <summary>Ends every edit in flight with this error.</summary>
    public void FailAll(Exception error)
    {
        foreach (RunningEdit edit in _running)
        {
            // Whatever broke may break this too, and every ticket must end.
            try
            {
                edit.State.Dispose();
            }
            catch (Exception disposeError)
            {
                logger.EditFailed(disposeError, "disposal");
            }
            edit.Ticket.EngineTime = time.SinceStart() - edit.StartedAt;
            edit.Ticket.Fail(error);
        }
        _running.Clear();
        _spans.PartAll();
        queue.Publish(EngineLoad.None);
    }

    private Dictionary<string, double> FirstWorkOfEach(IReadOnlyList<EditTicket> waiting, CostEstimate costs) =>
        _running
            .Select(edit => edit.Ticket)
            .Concat(waiting)
            .Where(ticket => !ticket.IsOver)
            .DistinctBy(ticket => ticket.Options.Tenant, StringComparer.Ordinal)
            .ToDictionary(ticket => ticket.Options.Tenant, ticket => costs.Work(ticket.Shape), StringComparer.Ordinal);

    private EngineLoad Load() =>
        new([.. _running.Select(edit => new RunningLoad(edit.Ticket, StepsLeft(edit)))], _ledger.Snapshot());

    private static int StepsLeft(RunningEdit edit) => edit.IsDenoised ? 0 : edit.State.StepCount - edit.State.StepIndex;

    private static void End(EditTicket ticket, EditFate fate)
    {
        if (fate == EditFate.Over)
        {
            ticket.Cancel();
        }
        else
        {
            TimeSpan limit = ticket.Options.TimeLimit.GetValueOrDefault();
            ticket.Fail(
                ticket.StepsDone > 0
                    ? DeadlineExceededException.Running(limit, ticket.StepsDone, ticket.Shape.Steps)
                    : DeadlineExceededException.Waiting(limit)
            );
        }
    }

    private void Leave(RunningEdit edit)
    {
        edit.Ticket.EngineTime = time.SinceStart() - edit.StartedAt;
        // In this order a Dispose that throws leaves the edit where FailAll will find it.
        edit.State.Dispose();
        _running.Remove(edit);
        _spans.Left(edit);
    }
}
