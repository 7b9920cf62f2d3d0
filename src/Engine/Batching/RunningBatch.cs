using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The edits in flight on one device. Each <see cref="Round"/> drops the cancelled, prepares at most one newcomer, takes one
/// denoising step and finishes what is done: edits join and leave at every step. What goes wrong in one edit fails that edit
/// alone. Owns the states and disposes each exactly once, before its ticket is completed. Used by one thread.
/// </summary>
internal sealed class RunningBatch(
    IEditPipeline pipeline,
    EditQueue queue,
    BatchLimits limits,
    Pace pace,
    TimeProvider time,
    ILogger logger
)
{
    private readonly List<RunningEdit> _running = [];
    private IReadOnlyDictionary<ImageSize, long> _spent = new Dictionary<ImageSize, long>();
    private long _round;

    /// <summary>Edits in flight.</summary>
    public int Count => _running.Count;

    /// <summary>Denoising steps that the edits in flight have yet to take.</summary>
    public int RemainingSteps => _running.Sum(edit => edit.State.StepCount - edit.State.StepIndex);

    /// <summary>Does the next piece of work.</summary>
    /// <returns>False when there was nothing to do.</returns>
    public bool Round()
    {
        BatchPlan plan = BatchPlanner.Plan(queue.Snapshot(), _running, _spent, limits);
        _spent = plan.Spent;
        _round++;
        foreach (EditTicket ticket in plan.DropWaiting.Where(queue.Remove))
        {
            ticket.QueueTime = time.GetElapsedTime(ticket.EnqueuedAt);
            ticket.Cancel();
        }
        foreach (RunningEdit edit in plan.DropRunning)
        {
            Leave(edit);
            edit.Ticket.Cancel();
        }
        if (plan.Admit is { } newcomer && queue.Remove(newcomer))
        {
            Prepare(newcomer);
        }
        if (plan.Step.Count > 0)
        {
            Step(plan.Step);
        }
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
            edit.Ticket.EngineTime = time.GetElapsedTime(edit.StartedAt);
            edit.Ticket.Fail(error);
        }
        _running.Clear();
    }

    private void Prepare(EditTicket ticket)
    {
        long start = time.GetTimestamp();
        ticket.QueueTime = time.GetElapsedTime(ticket.EnqueuedAt, start);
        EditState state;
        try
        {
            state = pipeline.Prepare(ticket.Request);
        }
        catch (Exception error)
        {
            if (error is not InvalidEditException)
            {
                logger.EditFailed(error, "preparation");
            }
            ticket.EngineTime = time.GetElapsedTime(start);
            ticket.Fail(error);
            return;
        }
        var edit = new RunningEdit(ticket, state, start) { PrepareTime = time.GetElapsedTime(start) };
        _running.Add(edit);
        if (state.IsDenoised)
        {
            Finish(edit);
        }
    }

    private void Step(IReadOnlyList<RunningEdit> edits)
    {
        int[] before = [.. edits.Select(edit => edit.State.StepIndex)];
        long start = time.GetTimestamp();
        try
        {
            pipeline.Step([.. edits.Select(edit => edit.State)]);
        }
        catch (Exception error) when (edits.Count > 1)
        {
            // Which edit is to blame is not known. None has advanced, so each can take the same step again by itself.
            logger.BatchStepFailed(error, edits.Count);
            foreach ((RunningEdit edit, int index) in edits.Zip(before))
            {
                if (edit.State.StepIndex == index)
                {
                    Step([edit]);
                }
                else
                {
                    Advance(edit, index);
                }
            }
            return;
        }
        catch (Exception error)
        {
            Fail(edits[0], error, "denoising");
            return;
        }
        pace.Stepped(time.GetElapsedTime(start), edits.Count);
        foreach ((RunningEdit edit, int index) in edits.Zip(before))
        {
            Advance(edit, index);
        }
    }

    private void Advance(RunningEdit edit, int indexBefore)
    {
        EditState state = edit.State;
        edit.LastRound = _round;
        if (state.StepIndex <= indexBefore)
        {
            Fail(edit, new InvalidOperationException("The pipeline took a step that did not advance."), "denoising");
            return;
        }
        try
        {
            edit.Ticket.Report(new EditProgress(state.StepIndex, state.StepCount));
        }
        catch (Exception error)
        {
            Fail(edit, error, "progress report");
            return;
        }
        if (state.IsDenoised && !edit.Ticket.IsCancelled)
        {
            Finish(edit);
        }
    }

    private void Finish(RunningEdit edit)
    {
        long start = time.GetTimestamp();
        EditResult result;
        try
        {
            result = pipeline.Finish(edit.State);
        }
        catch (Exception error)
        {
            Fail(edit, error, "decoding");
            return;
        }
        pace.Converted(edit.PrepareTime + time.GetElapsedTime(start));
        Leave(edit);
        edit.Ticket.Complete(result);
    }

    private void Fail(RunningEdit edit, Exception error, string phase)
    {
        logger.EditFailed(error, phase);
        Leave(edit);
        edit.Ticket.Fail(error);
    }

    private void Leave(RunningEdit edit)
    {
        edit.Ticket.EngineTime = time.GetElapsedTime(edit.StartedAt);
        // In this order a Dispose that throws leaves the edit where FailAll will find it.
        edit.State.Dispose();
        _running.Remove(edit);
    }
}
