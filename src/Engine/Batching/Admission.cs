using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Which waiting edits begin next. In the order of their standing, those for which there is a place. Places are counted by
/// size, so that an odd size waits for its own places and stands in nobody's way; edits of a lower class are not counted; and
/// a tenant with less than its part of them need not wait for one. Pure.
/// </summary>
internal static class Admission
{
    /// <summary>The edits to prepare together: as many as have places and as are bounded by the canvas pixels of one preparation.</summary>
    public static IReadOnlyList<EditTicket> Choose(BatchState state, Standing standing)
    {
        List<Place> taken =
        [
            .. state.Running.Select(edit => new Place(
                edit.Shape.WorkingSize,
                edit.Ticket,
                standing.ClassOf(edit.Ticket)
            )),
        ];
        var chosen = new List<EditTicket>();
        long pixels = 0;
        foreach (EditTicket ticket in InOrder(state.Waiting, standing))
        {
            if (taken.Count >= state.Limits.MaxHeldEdits)
            {
                break;
            }
            var place = new Place(ticket.Shape.WorkingSize, ticket, standing.ClassOf(ticket));
            if (!HasPlace(place, taken, state))
            {
                continue;
            }
            pixels += place.Size.PixelCount;
            if (chosen.Count > 0 && pixels > state.Limits.MaxPixelsPerPreparation)
            {
                break; // not for a smaller one behind: it would overtake
            }
            chosen.Add(ticket);
            taken.Add(place);
        }
        return chosen;
    }

    private static IEnumerable<EditTicket> InOrder(IReadOnlyList<EditTicket> waiting, Standing standing) =>
        waiting
            .Select((ticket, arrival) => (Ticket: ticket, Rank: standing.RankOf(ticket), Arrival: arrival))
            .OrderBy(edit => edit.Rank)
            .ThenBy(edit => standing.IsUrgent(edit.Ticket) ? edit.Ticket.Deadline : null)
            .ThenBy(edit => edit.Arrival)
            .Select(edit => edit.Ticket);

    private static bool HasPlace(Place wanted, List<Place> taken, BatchState state)
    {
        Place[] counted = [.. taken.Where(place => place.Class <= wanted.Class)];
        int most = state.Limits.MaxRunningEdits;
        int part = Math.Max(1, most / Math.Max(1, state.Ledger.Present));
        string tenant = wanted.Ticket.Options.Tenant;
        return counted.Count(place => place.Size == wanted.Size) < most
            || counted.Count(place => string.Equals(place.Ticket.Options.Tenant, tenant, StringComparison.Ordinal))
                < part;
    }

    private readonly record struct Place(ImageSize Size, EditTicket Ticket, int Class);
}
