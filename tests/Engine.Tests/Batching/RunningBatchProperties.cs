using FsCheck.Xunit;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class RunningBatchProperties
{
    private enum Fault
    {
        InPrepare,
        InSecondStep,
        InFinish,
        None,
    }

    /// <summary>One arrival: what it asks, where it fails, and after how many rounds it is cancelled.</summary>
    public sealed record Arrival(byte Steps, byte Size, byte Rows, byte Fault, byte CancelAfter, byte RoundsBefore);

    [Property(MaxTest = 300)]
    public void EveryAcceptedTicket_EndsOnce_AndEveryStateIsDisposedOnce(Arrival[] arrivals)
    {
        var pipeline = new FakeEditPipeline();
        Script(pipeline, arrivals);
        EditQueue queue = Edits.OpenQueue(new QueueLimits { Capacity = 5 }, pipeline);
        var batch = new RunningBatch(
            pipeline,
            queue,
            new BatchLimits { MaxRunningEdits = 3, MaxRowsPerStep = 5 },
            TimeProvider.System,
            NullLogger.Instance
        );
        var cancels = new List<(CancellationTokenSource Source, int InRounds)>();
        List<EditTicket> accepted = [];
        int round = 0;
        foreach ((Arrival arrival, int index) in arrivals.Select((a, i) => (a, i)))
        {
            var source = new CancellationTokenSource();
            EditTicket ticket = new EditTicket(
                Edits.Request($"{index}", 1 + arrival.Steps % 6, 64 * (1 + arrival.Size % 3)),
                cancellationToken: source.Token
            );
            try
            {
                queue.Enqueue(ticket);
                accepted.Add(ticket);
                cancels.Add((source, round + arrival.CancelAfter % 30));
            }
            catch (QueueFullException) { }
            for (int i = 0; i < arrival.RoundsBefore % 4; i++)
            {
                Round();
            }
        }
        for (int limit = 0; limit < 10_000 && Round(); limit++) { }

        Assert.All(accepted, ticket => Assert.True(ticket.Completion.IsCompleted));
        Assert.All(accepted, ticket => AssertOutcome(ticket, arrivals[int.Parse(ticket.Request.Instruction)]));
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

    private static void Script(FakeEditPipeline pipeline, Arrival[] arrivals)
    {
        Arrival Of(EditRequest request) => arrivals[int.Parse(request.Instruction)];
        pipeline.RowsOf = request => 1 + Of(request).Rows % 3;
        pipeline.OnPrepare = request => ThrowIf(FaultOf(Of(request)) == Fault.InPrepare);
        pipeline.OnStep = states =>
            ThrowIf(states.Any(state => FaultOf(Of(state.Request)) == Fault.InSecondStep && state.StepIndex == 1));
        pipeline.OnFinish = state => ThrowIf(FaultOf(Of(state.Request)) == Fault.InFinish);
    }

    private static Fault FaultOf(Arrival arrival) => (Fault)Math.Min(arrival.Fault % 8, (int)Fault.None);

    private static void ThrowIf(bool fault)
    {
        if (fault)
        {
            throw new ArithmeticException("scripted");
        }
    }

    private static void AssertOutcome(EditTicket ticket, Arrival arrival)
    {
        bool faulty = FaultOf(arrival) switch
        {
            Fault.None => false,
            Fault.InSecondStep => ticket.Request.Steps > 1,
            _ => true,
        };
        Assert.True(ticket.Completion.IsCanceled || ticket.Completion.IsFaulted == faulty);
        Assert.True(!ticket.Completion.IsCanceled || ticket.CancellationToken.IsCancellationRequested);
    }
}
