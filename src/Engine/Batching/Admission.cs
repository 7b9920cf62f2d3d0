using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Which waiting edits begin next. In the order of their standing, those for which there is a place. Places are counted by
/// size, so that an odd size waits for its own places and stands in nobody's way; edits of a lower class are not counted; and what
/// a tenant holds above its part of them does not keep out one that has less. Pure.
/// </summary>
internal static class Admission
{
    /// <summary>
    /// The edits to prepare together: as many as have places and as are bounded by the canvas pixels of one preparation; one
    /// that shares no model calls is prepared by itself.
    /// </summary>
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
            if (
                chosen.Count > 0
                && (pixels > state.Limits.MaxPixelsPerPreparation || ticket.IsAlone || chosen[0].IsAlone)
            )
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
        IEnumerable<string> tenants = taken
            .Where(place => place.Class <= wanted.Class && place.Size == wanted.Size)
            .Select(place => place.Ticket.Options.Tenant);
        return HasPlace(wanted.Ticket.Options.Tenant, tenants, state.Limits.MaxRunningEdits, state.Ledger.Present);
    }

    /// <summary>Whether one more edit of a tenant finds a place beside those that are taken by these tenants.</summary>
    /// <param name="tenant">Whose edit.</param>
    /// <param name="taken">The tenant of each place that counts.</param>
    /// <param name="places">How many there are.</param>
    /// <param name="tenants">Tenants that wait or run.</param>
    public static bool HasPlace(string tenant, IEnumerable<string> taken, int places, int tenants)
    {
        Dictionary<string, int> byTenant = taken.CountBy(one => one, StringComparer.Ordinal).ToDictionary();
        if (byTenant.Values.Sum() < places)
        {
            return true;
        }
        // All are taken; but what others hold above their part is not theirs while this one has less than its own.
        int part = Math.Max(1, places / Math.Max(1, tenants));
        return byTenant.GetValueOrDefault(tenant) < part
            && byTenant.Values.Sum(count => Math.Min(count, part)) < places;
    }

    private readonly record struct Place(ImageSize Size, EditTicket Ticket, int Class);
}
