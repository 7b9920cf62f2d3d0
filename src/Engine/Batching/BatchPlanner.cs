namespace InstructDiffusion.Engine.Batching;

/// <summary>Decides what the engine does next, from the state alone: the same state gives the same plan. See docs/batching.md.</summary>
internal static class BatchPlanner
{
    /// <summary>The next plan.</summary>
    public static BatchPlan Plan(BatchState state)
    {
        // A token can be cancelled while this runs: each edit is asked once, so that none is in two lists.
        var waiting = state.Waiting.ToLookup(ticket => Deadlines.Of(ticket, state.Now, state.Costs));
        var running = state.Running.ToLookup(edit => Deadlines.Of(edit, state.Now, state.Costs));
        BatchState alive = state with
        {
            Waiting = [.. waiting[EditFate.GoesOn]],
            Running = [.. state.Running.Intersect(running[EditFate.GoesOn].Concat(running[EditFate.Cut]))],
        };
        HashSet<RunningEdit> cut = [.. running[EditFate.Cut]];
        var standing = new Standing(alive);
        RunningEdit[] denoised = [.. alive.Running.Where(edit => edit.IsDenoised || cut.Contains(edit))];
        RunningEdit? finish = denoised
            .OrderBy(edit => edit.IsCut || cut.Contains(edit) ? 0 : 1)
            .ThenBy(edit => standing.RankOf(edit.Ticket))
            .FirstOrDefault();
        return new BatchPlan
        {
            DropWaiting = [.. Fallen(waiting)],
            DropRunning = [.. Fallen(running)],
            Cut = [.. cut],
            Finish = finish,
            Prepare = finish is null ? Admission.Choose(alive, standing) : [],
            Step = StepChoice.Choose([.. alive.Running.Except(denoised)], alive, standing),
        };
    }

    private static IEnumerable<(T, EditFate)> Fallen<T>(ILookup<EditFate, T> byFate) =>
        byFate[EditFate.Over]
            .Select(edit => (edit, EditFate.Over))
            .Concat(byFate[EditFate.Expired].Select(edit => (edit, EditFate.Expired)));
}
