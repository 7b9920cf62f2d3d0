using System.Collections.Concurrent;
using System.Diagnostics;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class BatchSpansTests : IDisposable
{
    private readonly FakeEditPipeline _pipeline = new();
    private readonly EditQueue _queue = Edits.OpenQueue();
    private readonly RunningBatch _batch;
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private readonly ActivitySource _callers = new(nameof(BatchSpansTests));

    public BatchSpansTests()
    {
        _batch = new RunningBatch(_pipeline, _queue, new BatchLimits(), TimeProvider.System, NullLogger.Instance);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is BatchSpans.SourceName or nameof(BatchSpansTests),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public void Round_EditsJoinAndLeave_DrawsASpanForEachBatchWithLinksToItsMembers()
    {
        ActivityTraceId a = Add("a", steps: 4);
        ActivityTraceId b = Add("b", steps: 2);

        RunToEnd();

        Activity[] drawn = Drawn(a, b);
        Assert.Equal(2, drawn.Length);
        Assert.Equal([a, b], Linked(drawn[0]));
        Assert.Equal([a], Linked(drawn[1]));
        Assert.Equal((2, 6, 2), Tags(drawn[0]));
        Assert.Equal((1, 3, 2), Tags(drawn[1]));
        Assert.All(drawn, span => Assert.Equal(default, span.ParentSpanId));
        Assert.All(drawn, span => Assert.NotEqual(a, span.TraceId));
        Assert.True(drawn[0].StartTimeUtc + drawn[0].Duration <= drawn[1].StartTimeUtc + drawn[1].Duration);
    }

    [Fact]
    public void Round_SizesTakeTurns_EachHasItsOwnBatch()
    {
        ActivityTraceId small = Add("small", steps: 3);
        ActivityTraceId large = Add("large", steps: 3, side: 128);

        RunToEnd();

        Assert.Equal((1, 3, 3), Tags(Assert.Single(Drawn(small))));
        Assert.Equal((1, 3, 3), Tags(Assert.Single(Drawn(large))));
    }

    [Fact]
    public void Round_NobodyIsTraced_DrawsNothing()
    {
        Activity.Current = null;
        Enqueue(Edits.Ticket("a"));
        int before = _spans.Count(span => span.OperationName == "idiff.engine.batch" && !span.Links.Any());

        RunToEnd();

        Assert.Equal(before, _spans.Count(span => span.OperationName == "idiff.engine.batch" && !span.Links.Any()));
    }

    [Fact]
    public void FailAll_InTheMiddle_DrawsWhatWasDone()
    {
        ActivityTraceId a = Add("a", steps: 9);
        while (_pipeline.Steps.Count == 0)
        {
            _batch.Round();
        }

        _batch.FailAll(new InvalidOperationException("over"));

        Assert.Equal((1, 3, 1), Tags(Assert.Single(Drawn(a))));
    }

    [Fact]
    public void Round_EditsShareASteps_NotesTheMostThatDid()
    {
        EditTicket a = Edits.Ticket("a", steps: 4);
        EditTicket b = Edits.Ticket("b", steps: 2);
        Enqueue(a);
        _batch.Round();
        Enqueue(b);

        RunToEnd();

        Assert.Equal((2, 2), (a.MostInStep, b.MostInStep));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _callers.Dispose();
    }

    /// <summary>An edit of a caller with a trace of its own.</summary>
    private ActivityTraceId Add(string name, int steps, int side = 64)
    {
        Activity.Current = null;
        using Activity caller = _callers.StartActivity(name)!;
        Enqueue(Edits.Ticket(name, steps, side));
        return caller.TraceId;
    }

    private void Enqueue(EditTicket ticket) => _queue.Enqueue(ticket);

    private void RunToEnd()
    {
        for (int round = 0; round < 100 && _batch.Round(); round++) { }
    }

    // Other tests draw spans too, of other traces.
    private Activity[] Drawn(params ActivityTraceId[] traces) =>
        [
            .. _spans.Where(span =>
                span.OperationName == "idiff.engine.batch" && Linked(span).Any(trace => traces.Contains(trace))
            ),
        ];

    private static ActivityTraceId[] Linked(Activity span) => [.. span.Links.Select(link => link.Context.TraceId)];

    private static (object?, object?, object?) Tags(Activity span) =>
        (span.GetTagItem("idiff.edits"), span.GetTagItem("idiff.rows"), span.GetTagItem("idiff.steps"));
}
