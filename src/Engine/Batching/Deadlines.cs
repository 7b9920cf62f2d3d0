using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>What deadlines ask for: who is too late, and whose turn has come lest it be too late. Pure.</summary>
internal static class Deadlines
{
    // Predictions are about right, and who rides along takes some time: an edit is hurried while it has this much more than it
    // needs, and one round besides.
    private const double Margin = 1.3;

    /// <summary>The fate of an edit in the queue. Nothing begins that cannot be done in time.</summary>
    public static EditFate Of(EditTicket ticket, TimeSpan now, CostEstimate costs)
    {
        if (ticket.IsOver)
        {
            return EditFate.Over;
        }
        bool canBeDone = ticket.Deadline is not { } deadline || (deadline - now).TotalSeconds >= Least(ticket, costs);
        return canBeDone ? EditFate.GoesOn : EditFate.Expired;
    }

    /// <summary>The fate of a running edit.</summary>
    public static EditFate Of(RunningEdit edit, TimeSpan now, CostEstimate costs)
    {
        if (edit.Ticket.IsOver)
        {
            return EditFate.Over;
        }
        if (edit.Ticket.Deadline is not { } deadline)
        {
            return EditFate.GoesOn;
        }
        double left = (deadline - now).TotalSeconds;
        bool wantsPart = edit.Ticket.Options.OnDeadline == DeadlineAction.Partial && edit.State.StepIndex > 0;
        if (wantsPart)
        {
            return !edit.IsDenoised && left <= costs.Finish(edit.Shape) ? EditFate.Cut : EditFate.GoesOn;
        }
        return left <= 0 ? EditFate.Expired : EditFate.GoesOn;
    }

    /// <summary>
    /// Edits that must go first now. Taken in the order of their deadlines, as long as each can still be done: when those up to
    /// one need together nearly all the time left to its deadline, they are urgent (earliest deadline first meets every
    /// deadline that any order meets; Liu and Layland 1973).
    /// </summary>
    public static HashSet<EditTicket> Urgent(BatchState state)
    {
        var wanted = state
            .Running.Where(edit => edit.Ticket.Deadline is not null)
            .Select(edit => (edit.Ticket, Work: state.Costs.Rest(edit.Shape, edit.State.StepIndex)))
            .Concat(
                state
                    .Waiting.Where(ticket => ticket.Deadline is not null)
                    .Select(ticket => (Ticket: ticket, Work: state.Costs.Work(ticket.Shape)))
            )
            .OrderBy(edit => edit.Ticket.Deadline)
            .ToArray();
        var urgent = new HashSet<EditTicket>();
        var soFar = new List<EditTicket>();
        double round = state.Costs.Round(state.Running.Sum(edit => edit.Shape.StepPixels), state.Limits);
        double work = 0;
        foreach ((EditTicket ticket, double own) in wanted)
        {
            double left = (ticket.Deadline.GetValueOrDefault() - state.Now).TotalSeconds;
            if (ticket.IsOver || work + own * state.Costs.AtLeast(ticket.Shape) > left)
            {
                continue; // nothing that is done for it now would help it
            }
            work += own;
            soFar.Add(ticket);
            if (work * Margin + round > left)
            {
                urgent.UnionWith(soFar);
            }
        }
        return urgent;
    }

    /// <summary>True when one after the other, the earliest deadline first, all can be done in time.</summary>
    /// <param name="edits">Time left and work left of each, in seconds.</param>
    /// <param name="margin">How much more time than work there must be.</param>
    /// <param name="round">Seconds that must be left besides.</param>
    public static bool CanBeMet(IEnumerable<(double Left, double Work)> edits, double margin, double round)
    {
        double work = 0;
        foreach ((double left, double own) in edits.OrderBy(edit => edit.Left))
        {
            work += own;
            if (work * margin + round > left)
            {
                return false;
            }
        }
        return true;
    }

    // One step is enough for who is content with a part.
    private static double Least(EditTicket ticket, CostEstimate costs)
    {
        EditShape shape = ticket.Shape;
        double all =
            ticket.Options.OnDeadline == DeadlineAction.Partial
                ? costs.Work(shape with { Steps = 1 })
                : costs.Work(shape);
        return all * costs.AtLeast(shape);
    }
}
