using FsCheck.Xunit;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Tests.Batching.Simulation;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>Every accepted edit ends in exactly one way, whatever comes and whatever breaks.</summary>
public sealed class RunningBatchProperties
{
    private enum Fault
    {
        InPrepare,
        InSecondStep,
        InFinish,
        OutOfMemoryInPrepare,
        OutOfMemoryInSecondStep,
        OutOfMemoryInFinish,
        InProgress,
        None,
    }

    /// <summary>One arrival: what it asks, where it fails, and after how many rounds it is cancelled.</summary>
    public sealed record Arrival(
        byte Steps,
        byte Size,
        byte Rows,
        byte Fault,
        byte CancelAfter,
        byte RoundsBefore,
        byte Tenant,
        byte Priority,
        byte Limit
    );

    [Property(MaxTest = 300)]
    public void EveryAcceptedTicket_EndsOnce_AndEveryStateIsDisposedOnce(Arrival[] arrivals)
    {
        var clock = new SimulatedClock();
        var pipeline = new FakeEditPipeline();
        Script(pipeline, arrivals, clock);
        var limits = new BatchLimits
        {
            MaxRunningEdits = 3,
            MaxHeldEdits = 6,
            MaxRowsPerStep = 5,
            MaxPixelsPerPreparation = 3 * 64 * 64,
            Ageing = TimeSpan.FromSeconds(2),
        };
        EditQueue queue = Edits.OpenQueue(new QueueLimits { Capacity = 5 }, pipeline, clock, limits);
        var ends = new Dictionary<EditTicket, int>();
        queue.Counters.OnEnd((ticket, _) => ends[ticket] = ends.GetValueOrDefault(ticket) + 1);
        var batch = new RunningBatch(pipeline, queue, limits, clock, NullLogger.Instance);
        var cancels = new List<(CancellationTokenSource Source, int InRounds)>();
        List<EditTicket> accepted = [];
        int refused = 0;
        int round = 0;
        foreach ((Arrival arrival, int index) in arrivals.Select((a, i) => (a, i)))
        {
            var source = new CancellationTokenSource();
            EditTicket ticket = new(
                Edits.Request($"{index}", 1 + arrival.Steps % 6, 64 * (1 + arrival.Size % 3)),
                OptionsOf(arrival),
                source.Token
            );
            try
            {
                queue.Enqueue(ticket);
                accepted.Add(ticket);
                cancels.Add((source, round + arrival.CancelAfter % 40));
            }
            catch (Exception refusal)
                when (refusal is QueueFullException or DeadlineExceededException or TooLargeForMemoryException)
            {
                refused++;
            }
            for (int i = 0; i < arrival.RoundsBefore % 4; i++)
            {
                Round();
            }
        }
        for (int limit = 0; limit < 10_000 && Round(); limit++) { }

        Assert.All(accepted, ticket => Assert.True(ticket.Completion.IsCompleted));
        Assert.All(accepted, ticket => Assert.Equal(1, ends[ticket]));
        Assert.All(accepted, ticket => AssertOutcome(ticket, arrivals[int.Parse(ticket.Request.Instruction)]));
        AssertCounts(queue.Counters.Read(), accepted, refused);
        Assert.Equal(pipeline.Prepared, pipeline.Disposed);
        Assert.Empty(pipeline.Breaches);
        Assert.Equal(0, batch.Count);
        Assert.Equal(0, queue.Count);

        bool Round()
        {
            round++;
            cancels.Where(cancel => cancel.InRounds == round).ToList().ForEach(cancel => cancel.Source.Cancel());
            return batch.Round();
        }
    }

    private static EditTicketOptions OptionsOf(Arrival arrival) =>
        new()
        {
            Tenant = $"{arrival.Tenant % 3}",
            Priority = (EditPriority)(arrival.Priority % 3),
            TimeLimit = arrival.Limit < 150 ? null : TimeSpan.FromSeconds(arrival.Limit - 149),
            OnDeadline = arrival.Limit % 2 == 0 ? DeadlineAction.Fail : DeadlineAction.Partial,
            PreviewEvery = arrival.Steps % 3,
            OnPreview = (_, _) => { },
            OnProgress = progress => ThrowIf(FaultOf(arrival) == Fault.InProgress && progress.Step == 2),
        };

    private static void Script(FakeEditPipeline pipeline, Arrival[] arrivals, SimulatedClock clock)
    {
        Arrival Of(EditRequest request) => arrivals[int.Parse(request.Instruction)];
        bool Has(EditRequest request, Fault fault) => FaultOf(Of(request)) == fault;
        pipeline.RowsOf = request => 1 + Of(request).Rows % 3;
        pipeline.OnPrepare = request =>
        {
            clock.Advance(TimeSpan.FromSeconds(0.2));
            ThrowIf(Has(request, Fault.InPrepare));
            ThrowIf(Has(request, Fault.OutOfMemoryInPrepare), isMemory: true);
        };
        pipeline.OnStep = states =>
        {
            clock.Advance(TimeSpan.FromSeconds(0.5 * states.Sum(state => state.Rows)));
            ThrowIf(states.Any(state => Has(state.Request, Fault.InSecondStep) && state.StepIndex == 1));
            ThrowIf(
                states.Any(state => Has(state.Request, Fault.OutOfMemoryInSecondStep) && state.StepIndex == 1),
                isMemory: true
            );
        };
        pipeline.OnFinish = state =>
        {
            clock.Advance(TimeSpan.FromSeconds(0.3));
            ThrowIf(Has(state.Request, Fault.InFinish));
            ThrowIf(Has(state.Request, Fault.OutOfMemoryInFinish), isMemory: true);
        };
    }

    private static Fault FaultOf(Arrival arrival) => (Fault)Math.Min(arrival.Fault % 16, (int)Fault.None);

    private static void ThrowIf(bool fault, bool isMemory = false)
    {
        if (fault)
        {
            throw isMemory ? FakeEditPipeline.OutOfMemory() : new ArithmeticException("scripted");
        }
    }

    private static void AssertOutcome(EditTicket ticket, Arrival arrival)
    {
        Exception? error = ticket.Completion.Exception?.InnerException;
        if (ticket.Completion.IsCanceled)
        {
            Assert.True(ticket.CancellationToken.IsCancellationRequested);
        }
        else if (error is DeadlineExceededException)
        {
            Assert.NotNull(ticket.Options.TimeLimit);
        }
        else if (error is not null)
        {
            Type expected = FaultOf(arrival) switch
            {
                Fault.InPrepare or Fault.InSecondStep or Fault.InFinish => typeof(BrokenEditException),
                Fault.InProgress => typeof(ArithmeticException),
                _ => typeof(TooLargeForMemoryException),
            };
            Assert.IsType(expected, error);
        }
        else
        {
            Assert.Equal(FakeEditPipeline.Edited(ticket.Request).Content, ticket.Completion.Result.Image.Content);
            bool isWhole = ticket.Completion.Result.Finish == EditFinish.Completed;
            Assert.True(isWhole || ticket.Options is { OnDeadline: DeadlineAction.Partial, TimeLimit: not null });
            bool sparesSecondStep = ticket.StepsDone < 2;
            Assert.True(
                FaultOf(arrival) == Fault.None
                    || (
                        sparesSecondStep
                        && FaultOf(arrival) is Fault.InSecondStep or Fault.OutOfMemoryInSecondStep or Fault.InProgress
                    )
            );
        }
    }

    private static void AssertCounts(EngineCounts counts, List<EditTicket> accepted, int refused)
    {
        Assert.Equal(accepted.Count, counts.Accepted);
        Assert.Equal(counts.Accepted, counts.Succeeded + counts.Failed + counts.Cancelled + counts.Expired);
        Assert.Equal(accepted.Count(ticket => ticket.Completion.IsCompletedSuccessfully), counts.Succeeded);
        Assert.Equal(accepted.Count(ticket => ticket.Completion.IsCanceled), counts.Cancelled);
        Assert.Equal(refused, counts.Refused.Values.Sum());
        Assert.Equal(accepted.Sum(ticket => ticket.StepsDone), counts.UsefulSteps + counts.WastedSteps);
    }
}
