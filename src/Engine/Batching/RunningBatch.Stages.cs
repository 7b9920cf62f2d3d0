using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

// The calls of the pipeline, and what happens when one fails.
internal sealed partial class RunningBatch
{
    private void Prepare(IReadOnlyList<EditTicket> tickets)
    {
        if (tickets.Count == 0)
        {
            return;
        }
        TimeSpan start = time.SinceStart();
        IReadOnlyList<EditState> states;
        try
        {
            onSign?.Invoke();
            states = pipeline.Prepare([.. tickets.Select(ticket => ticket.Request)]);
        }
        catch (Exception error) when (tickets.Count > 1)
        {
            // Which one is to blame is not known, and none is prepared.
            if (NoteMemory(error))
            {
                Experience.Memory.PreparationFailed(tickets.Sum(ticket => ticket.Shape.WorkingSize.PixelCount));
            }
            logger.PreparationFailed(error, tickets.Count);
            foreach (EditTicket ticket in tickets)
            {
                Prepare([ticket]);
            }
            return;
        }
        catch (Exception error)
        {
            tickets[0].EngineTime = time.SinceStart() - start;
            tickets[0].Fail(Explain(error, tickets[0], EngineStage.Prepare));
            return;
        }
        TimeSpan taken = time.SinceStart() - start;
        double level = _running.Count == 0 ? 0 : _running.Min(edit => edit.Served);
        foreach ((EditTicket ticket, EditState state) in tickets.Zip(states))
        {
            _running.Add(new RunningEdit(ticket, state, start) { Served = level });
            _ledger.Charge(ticket.Options.Tenant, taken.TotalSeconds / tickets.Count);
        }
        EditShape[] shapes = [.. tickets.Select(ticket => ticket.Shape)];
        Experience.Costs.Prepared(shapes, taken);
        Experience.Counters.CountWork(
            new StageSample(EngineStage.Prepare, shapes[0].WorkingSize, tickets.Count, Rows: 0, taken)
        );
    }

    private void Step(IReadOnlyList<RunningEdit> edits)
    {
        int[] before = [.. edits.Select(edit => edit.State.StepIndex)];
        TimeSpan start = time.SinceStart();
        try
        {
            onSign?.Invoke();
            pipeline.Step([.. edits.Select(edit => edit.State)]);
        }
        catch (Exception error)
        {
            StepFailed(edits, before, error);
            return;
        }
        TimeSpan taken = time.SinceStart() - start;
        EditShape[] shapes = [.. edits.Select(edit => edit.Shape)];
        int rows = shapes.Sum(shape => shape.Rows);
        Experience.Counters.CountWork(
            new StageSample(EngineStage.Step, shapes[0].WorkingSize, edits.Count, rows, taken)
        );
        Experience.Costs.Stepped(shapes, taken);
        _spans.Stepped(edits, taken);
        foreach ((RunningEdit edit, int index) in edits.Zip(before))
        {
            edit.Ticket.MostInStep = Math.Max(edit.Ticket.MostInStep, edits.Count);
            _ledger.Charge(edit.Ticket.Options.Tenant, taken.TotalSeconds * edit.Shape.Rows / rows);
            Advance(edit, index);
        }
    }

    private void StepFailed(IReadOnlyList<RunningEdit> edits, int[] before, Exception error)
    {
        bool isMemory = NoteMemory(error);
        if (edits.Count == 1)
        {
            if (isMemory)
            {
                Experience.Memory.EditFailed(edits[0].Shape.StepPixels);
            }
            Fail(edits[0], error, EngineStage.Step);
            return;
        }
        // Memory: half may fit. Else one of them is to blame, and which is not known. None has advanced, so each can take the
        // same step again.
        logger.BatchStepFailed(error, edits.Count);
        int parts = isMemory ? 2 : edits.Count;
        if (isMemory)
        {
            Experience.Memory.StepFailed(edits.Sum(edit => edit.Shape.StepPixels));
        }
        foreach (var part in edits.Zip(before).Chunk((edits.Count + parts - 1) / parts))
        {
            Step([.. part.Where(edit => edit.First.State.StepIndex == edit.Second).Select(edit => edit.First)], part);
        }
    }

    // Part of a step again; who did advance in the step that failed must not take it twice.
    private void Step(IReadOnlyList<RunningEdit> again, (RunningEdit Edit, int Before)[] part)
    {
        foreach ((RunningEdit edit, int index) in part.Where(edit => !again.Contains(edit.Edit)))
        {
            Advance(edit, index);
        }
        if (again.Count > 0)
        {
            Step(again);
        }
    }

    private void Advance(RunningEdit edit, int indexBefore)
    {
        EditState state = edit.State;
        if (state.StepIndex <= indexBefore)
        {
            Fail(
                edit,
                new InvalidOperationException("The pipeline took a step that did not advance."),
                EngineStage.Step
            );
            return;
        }
        edit.Served += Experience.Costs.Estimate.Step(edit.Shape.StepPixels);
        edit.Ticket.StepsDone = state.StepIndex;
        try
        {
            var progress = new EditProgress(state.StepIndex, state.StepCount);
            edit.Ticket.Report(progress);
            if (WantsPreview(edit) && Preview(edit) is { } preview)
            {
                edit.Ticket.Show(progress, preview);
            }
        }
        catch (Exception error)
        {
            logger.EditFailed(error, "progress report");
            Leave(edit);
            edit.Ticket.Fail(error);
        }
    }

    private static bool WantsPreview(RunningEdit edit) =>
        edit.Ticket.Options is { PreviewEvery: > 0, OnPreview: not null } wanted
        && edit.State.StepIndex % wanted.PreviewEvery == 0
        && !edit.State.IsDenoised
        && !edit.Ticket.IsOver;

    // An edit can do without: what fails here is told, and no more.
    private RgbImage? Preview(RunningEdit edit)
    {
        TimeSpan start = time.SinceStart();
        RgbImage preview;
        try
        {
            preview = pipeline.Preview(edit.State);
        }
        catch (Exception error)
        {
            logger.PreviewFailed(error);
            return null;
        }
        TimeSpan taken = time.SinceStart() - start;
        _ledger.Charge(edit.Ticket.Options.Tenant, taken.TotalSeconds);
        Experience.Counters.CountWork(
            new StageSample(EngineStage.Preview, edit.Shape.WorkingSize, Edits: 1, Rows: 0, taken)
        );
        return preview;
    }

    private void Finish(RunningEdit edit)
    {
        TimeSpan start = time.SinceStart();
        EditResult result;
        try
        {
            onSign?.Invoke();
            result = pipeline.Finish(edit.State);
        }
        catch (Exception error)
        {
            Fail(edit, error, EngineStage.Finish);
            return;
        }
        TimeSpan taken = time.SinceStart() - start;
        _ledger.Charge(edit.Ticket.Options.Tenant, taken.TotalSeconds);
        Experience.Costs.Finished(edit.Shape, result.RoundTrip is null ? 1 : 2, taken);
        Experience.Counters.CountWork(
            new StageSample(EngineStage.Finish, edit.Shape.WorkingSize, Edits: 1, Rows: 0, taken)
        );
        Leave(edit);
        edit.Ticket.Complete(result);
    }

    private void Fail(RunningEdit edit, Exception error, EngineStage stage)
    {
        Exception explained = Explain(error, edit.Ticket, stage);
        Leave(edit);
        edit.Ticket.Fail(explained);
    }

    private bool NoteMemory(Exception error)
    {
        bool isMemory = MemoryExhaustion.IsCauseOf(error);
        if (isMemory)
        {
            Experience.Counters.CountOutOfMemory();
        }
        return isMemory;
    }

    /// <summary>What its caller is told of an edit that failed by itself; what can be learned from it is noted.</summary>
    private Exception Explain(Exception error, EditTicket ticket, EngineStage stage)
    {
        if (error is InvalidEditException)
        {
            return error; // the request's fault, told to its sender
        }
        logger.EditFailed(error, stage.ToString());
        if (MemoryExhaustion.IsCauseOf(error))
        {
            if (stage != EngineStage.Step)
            {
                Experience.Counters.CountOutOfMemory();
                Experience.Memory.CanvasFailed(ticket.Shape.WorkingSize.PixelCount);
            }
            return new TooLargeForMemoryException(
                $"This edit does not fit into the memory, even by itself: {ticket.Shape.Rows} rows of {ticket.Shape.WorkingSize}.",
                error
            );
        }
        if (error is NonFiniteImageException)
        {
            return error; // the model's fault, and nothing is broken
        }
        Experience.Counters.CountBroken();
        Experience.Quarantine.Note(ticket.Request);
        return new BrokenEditException(stage, error);
    }
}
