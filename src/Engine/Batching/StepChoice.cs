using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Which edits take the next step together. The one that deserves it most leads: lowest standing, then least served. Edits of
/// its size that deserve it about as much join it as far as a step holds them; others ride along only where they hardly make
/// the step longer, as on a GPU that a few rows do not fill. Who asked for the same bits whoever else is served goes alone. Pure.
/// </summary>
internal static class StepChoice
{
    // How much longer a step may get by edits that ride along.
    private const double RideAlong = 1.25;

    /// <summary>The edits of the next step; empty when none is running.</summary>
    /// <param name="running">Edits with steps to take.</param>
    /// <param name="state">Limits and costs.</param>
    /// <param name="standing">Who deserves how much.</param>
    public static IReadOnlyList<RunningEdit> Choose(
        IReadOnlyList<RunningEdit> running,
        BatchState state,
        Standing standing
    )
    {
        if (running.Count == 0)
        {
            return [];
        }
        (RunningEdit Edit, double Rank)[] order = InOrder(running, standing);
        if (order[0].Edit.Ticket.IsAlone)
        {
            return [order[0].Edit];
        }
        ImageSize size = order[0].Edit.Shape.WorkingSize;
        (RunningEdit Edit, double Rank)[] sized =
        [
            .. order.Where(edit => edit.Edit.Shape.WorkingSize == size && !edit.Edit.Ticket.IsAlone),
        ];

        // Ranks within the cost of a step are equal: finer than that, time cannot be shared out.
        double equal = order[0].Rank + FullStep(sized, state);
        var step = new StepRoom(state.Limits);
        foreach ((RunningEdit edit, double rank) in sized)
        {
            bool isPeer = standing.IsUrgent(order[0].Edit.Ticket) ? step.Edits.Count == 0 : rank <= equal;
            if (isPeer)
            {
                step.TryAdd(edit);
            }
        }
        double longest = RideAlong * state.Costs.Step(step.Pixels);
        foreach ((RunningEdit edit, _) in sized.Where(edit => !step.Edits.Contains(edit.Edit)))
        {
            if (state.Costs.Step(step.Pixels + edit.Shape.StepPixels) <= longest)
            {
                step.TryAdd(edit);
            }
        }
        return step.Edits;
    }

    private static (RunningEdit Edit, double Rank)[] InOrder(IReadOnlyList<RunningEdit> running, Standing standing) =>
        [
            .. running
                .Select((edit, admitted) => (Edit: edit, Rank: standing.RankOf(edit.Ticket), Admitted: admitted))
                .OrderBy(edit => edit.Rank)
                .ThenBy(edit => standing.IsUrgent(edit.Edit.Ticket) ? edit.Edit.Ticket.Deadline : null)
                .ThenBy(edit => edit.Edit.Served)
                .ThenBy(edit => edit.Admitted)
                .Select(edit => (edit.Edit, edit.Rank)),
        ];

    private static double FullStep((RunningEdit Edit, double Rank)[] edits, BatchState state) =>
        state.Costs.Step(Math.Min(edits.Sum(edit => edit.Edit.Shape.StepPixels), state.Limits.MaxPixelsPerStep));

    private sealed class StepRoom(BatchLimits limits)
    {
        private int _rows;

        public List<RunningEdit> Edits { get; } = [];

        public long Pixels { get; private set; }

        public void TryAdd(RunningEdit edit)
        {
            bool fits =
                _rows + edit.Shape.Rows <= limits.MaxRowsPerStep
                && Pixels + edit.Shape.StepPixels <= limits.MaxPixelsPerStep;
            if (fits || Edits.Count == 0)
            {
                Edits.Add(edit);
                _rows += edit.Shape.Rows;
                Pixels += edit.Shape.StepPixels;
            }
        }
    }
}
