namespace InstructDiffusion.Engine.Batching;

/// <summary>The waiting edits of a forecast: for each tenant, class and size a line in the order of arrival.</summary>
internal sealed class WaitingLines
{
    private readonly ForecastInput _input;
    private readonly List<Line> _lines;
    private readonly Dictionary<string, double> _used;

    public WaitingLines(ForecastInput input, IReadOnlyList<EditTicket> waiting, Func<EditTicket, int> classOf)
    {
        _input = input;
        _lines =
        [
            .. waiting
                .Select((ticket, arrival) => (Ticket: ticket, Arrival: arrival))
                .GroupBy(edit =>
                    (edit.Ticket.Options.Tenant, Class: classOf(edit.Ticket), edit.Ticket.Shape.WorkingSize)
                )
                .Select(line => new Line(line.Key.Tenant, line.Key.Class, new Queue<(EditTicket, int)>(line))),
        ];
        _used = new Dictionary<string, double>(input.Used, StringComparer.Ordinal);
        double least = _used.Count == 0 ? 0 : _used.Values.Min();
        foreach (Line line in _lines)
        {
            _used.TryAdd(line.Tenant, least);
        }
        foreach (RunningLoad edit in input.Running)
        {
            _used.TryAdd(edit.Ticket.Options.Tenant, least);
            _used[edit.Ticket.Options.Tenant] += edit.StepsLeft * input.Costs.Step(edit.Ticket.Shape.StepPixels);
        }
    }

    /// <summary>Tenants that wait or run.</summary>
    public int Tenants => _used.Count;

    /// <summary>Takes the edit of the best standing that has a place, and charges its tenant for it; null when none has.</summary>
    public EditTicket? TakeNext(Func<EditTicket, bool> hasPlace)
    {
        Line? next = _lines
            .Where(line => line.Edits.Count > 0)
            .OrderBy(line => _used[line.Tenant] + line.Class * _input.Limits.Ageing.TotalSeconds)
            .ThenBy(line => line.Edits.Peek().Arrival)
            .FirstOrDefault(line => hasPlace(line.Edits.Peek().Ticket));
        if (next is null)
        {
            return null;
        }
        EditTicket ticket = next.Edits.Dequeue().Ticket;
        _used[next.Tenant] += _input.Costs.Work(ticket.Shape);
        return ticket;
    }

    private sealed record Line(string Tenant, int Class, Queue<(EditTicket Ticket, int Arrival)> Edits);
}
