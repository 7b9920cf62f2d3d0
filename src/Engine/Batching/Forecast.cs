using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// When every edit will begin and end, as if nothing more came: the planner's rules played forward as a flow. Between two
/// events (an edit begins, an edit's steps are over) all that run advance at the pace of the sizes they are batched with.
/// Costs no more than a few steps of arithmetic per edit. Pure.
/// </summary>
internal sealed class Forecast
{
    // Beyond this many waiting edits the rest is taken as a lump.
    private const int MostFollowed = 512;

    private readonly ForecastInput _input;
    private readonly EditClasses _classes;
    private readonly List<Flow> _running;
    private readonly WaitingLines _lines;
    private readonly Dictionary<EditTicket, ForecastTimes> _times = [];
    private double _now;

    private Forecast(ForecastInput input)
    {
        _input = input;
        _classes = new EditClasses(
            input.Running.Select(edit => edit.Ticket).Concat(input.Waiting),
            input.Now,
            input.Limits.Ageing
        );
        _running = [.. input.Running.Select(edit => new Flow(edit.Ticket, _classes.Of(edit.Ticket), edit.StepsLeft))];
        _lines = new WaitingLines(input, [.. input.Waiting.Take(MostFollowed)], _classes.Of);
    }

    /// <summary>Plays it forward.</summary>
    /// <returns>Begin and end of each edit, in seconds from now; edits that run have begun at 0.</returns>
    public static IReadOnlyDictionary<EditTicket, ForecastTimes> Of(ForecastInput input)
    {
        var forecast = new Forecast(input);
        forecast.Run();
        return forecast._times;
    }

    private void Run()
    {
        _running.ForEach(flow => _times[flow.Ticket] = default);
        Admit();
        while (_running.Count > 0)
        {
            Advance();
            Admit();
        }
        foreach (EditTicket ticket in _input.Waiting.Skip(MostFollowed))
        {
            double begin = _now;
            _now += _input.Costs.Work(ticket.Shape) / _input.Costs.Gain;
            _times[ticket] = new ForecastTimes(begin, _now);
        }
    }

    private void Admit()
    {
        while (_lines.TakeNext(HasPlace) is { } ticket)
        {
            _times[ticket] = new ForecastTimes(_now, _now);
            _now += _input.Costs.Prepare(ticket.Shape);
            _running.Add(new Flow(ticket, _classes.Of(ticket), ticket.Shape.Steps));
        }
    }

    private bool HasPlace(EditTicket ticket)
    {
        int @class = _classes.Of(ticket);
        return _running.Count < _input.Limits.MaxHeldEdits
            && Admission.HasPlace(
                ticket.Options.Tenant,
                _running
                    .Where(flow => flow.Class <= @class && flow.Shape.WorkingSize == ticket.Shape.WorkingSize)
                    .Select(flow => flow.Ticket.Options.Tenant),
                _input.Limits.MaxRunningEdits,
                _lines.Tenants
            );
    }

    // To the next edit whose steps are over.
    private void Advance()
    {
        int first = _running.Min(flow => flow.Class);
        Flow[] moving = [.. _running.Where(flow => flow.Class == first)];
        double pace = 0; // seconds for one unit of service to each
        foreach (var size in moving.GroupBy(flow => flow.Shape.WorkingSize))
        {
            // Sizes get equal service, counted in seconds of the cheapest edit by itself: so many steps a unit.
            double steps = 1 / size.Min(flow => _input.Costs.Step(flow.Shape.StepPixels));
            foreach (Flow flow in size)
            {
                flow.StepsPerService = steps;
            }
            pace += steps * SecondsForAll([.. size]);
        }
        double service = moving.Min(flow => flow.StepsLeft / flow.StepsPerService);
        _now += service * pace;
        foreach (Flow flow in moving)
        {
            flow.StepsLeft -= service * flow.StepsPerService;
            if (flow.StepsLeft < 1e-9)
            {
                _now += _input.Costs.Finish(flow.Shape);
                _times[flow.Ticket] = _times[flow.Ticket] with { End = _now };
                _running.Remove(flow);
            }
        }
    }

    // One step for every edit of a size, in as many passes as the limits need.
    private double SecondsForAll(Flow[] edits)
    {
        long pixels = edits.Sum(flow => flow.Shape.StepPixels);
        int rows = edits.Sum(flow => flow.Shape.Rows);
        long most = Math.Max(_input.Limits.MaxPixelsPerStep, edits.Max(flow => flow.Shape.StepPixels));
        double passes = Math.Max(
            Math.Ceiling(pixels / (double)most),
            Math.Ceiling(rows / (double)Math.Max(_input.Limits.MaxRowsPerStep, edits.Max(flow => flow.Shape.Rows)))
        );
        passes = Math.Min(passes, edits.Length);
        return passes * _input.Costs.Step((long)(pixels / passes));
    }

    private sealed class Flow(EditTicket ticket, int @class, double stepsLeft)
    {
        public EditTicket Ticket => ticket;

        public EditShape Shape => ticket.Shape;

        public int Class => @class;

        public double StepsLeft { get; set; } = stepsLeft;

        public double StepsPerService { get; set; }
    }
}

/// <summary>Seconds from now at which an edit begins and ends.</summary>
internal readonly record struct ForecastTimes(double Begin, double End);
