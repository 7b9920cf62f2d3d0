using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Decides what the engine does next; has no state and no side effects. Edits are admitted in the order they came, at most one
/// between two steps, so that encoding a newcomer holds up the running ones once and briefly. Sizes take turns: the one that
/// has had the least (pixels times rows) goes next, so an odd size neither blocks the others nor starves.
/// </summary>
internal static class BatchPlanner
{
    /// <summary>The next plan.</summary>
    /// <param name="waiting">The queue, oldest first.</param>
    /// <param name="running">The running edits, in the order they were admitted.</param>
    /// <param name="spent">The last plan's <see cref="BatchPlan.Spent"/>; empty at first.</param>
    /// <param name="limits">The limits of one step.</param>
    public static BatchPlan Plan(
        IReadOnlyList<EditTicket> waiting,
        IReadOnlyList<RunningEdit> running,
        IReadOnlyDictionary<ImageSize, long> spent,
        BatchLimits limits
    )
    {
        // A token can be cancelled while this runs: each is asked once, so that no edit is in two lists.
        var waitingByFate = waiting.ToLookup(ticket => ticket.IsCancelled);
        var runningByFate = running.ToLookup(edit => edit.Ticket.IsCancelled);
        List<RunningEdit> alive = [.. runningByFate[false]];
        Dictionary<ImageSize, long> spentAfter = CarryOver(alive, spent);
        List<RunningEdit> step = alive.Count == 0 ? [] : ChooseStep(alive, spentAfter, limits);
        if (step.Count > 0)
        {
            spentAfter[step[0].State.WorkingSize] += step.Sum(edit => edit.Cost);
        }
        return new BatchPlan
        {
            DropWaiting = [.. waitingByFate[true]],
            DropRunning = [.. runningByFate[true]],
            Admit = alive.Count < limits.MaxRunningEdits ? waitingByFate[false].FirstOrDefault() : null,
            Step = step,
            Spent = spentAfter,
        };
    }

    // A size that comes starts level with the one that has had the least: no credit for the past, no debt either.
    private static Dictionary<ImageSize, long> CarryOver(
        List<RunningEdit> alive,
        IReadOnlyDictionary<ImageSize, long> spent
    )
    {
        ImageSize[] sizes = [.. alive.Select(edit => edit.State.WorkingSize).Distinct()];
        long least = sizes.Where(spent.ContainsKey).Select(size => spent[size]).DefaultIfEmpty(0).Min();
        return sizes.ToDictionary(size => size, size => spent.GetValueOrDefault(size, least));
    }

    // The edit that has waited longest for a step is always in, so that none of its size starves when not all fit.
    private static List<RunningEdit> ChooseStep(
        List<RunningEdit> alive,
        Dictionary<ImageSize, long> spent,
        BatchLimits limits
    )
    {
        ImageSize size = alive.Select(edit => edit.State.WorkingSize).MinBy(size => spent[size]);
        List<RunningEdit> chosen = [];
        int rows = 0;
        long cost = 0;
        foreach (RunningEdit edit in alive.Where(e => e.State.WorkingSize == size).OrderBy(e => e.LastRound))
        {
            bool fits = rows + edit.State.Rows <= limits.MaxRowsPerStep && cost + edit.Cost <= limits.MaxPixelsPerStep;
            if (fits || chosen.Count == 0)
            {
                chosen.Add(edit);
                rows += edit.State.Rows;
                cost += edit.Cost;
            }
        }
        return chosen;
    }
}
