using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>Long runs of everything at random: nothing is lost, nothing is kept, nobody starves.</summary>
public sealed class SoakTests
{
    [Fact]
    public void Soak_TwentyThousandRandomSizes_LeavesNothingBehind()
    {
        var server = new SimulatedServer(EngineSpeed.Shared);
        var random = new Random(17);
        int most = 0;
        TimeSpan at = TimeSpan.Zero;
        for (int i = 0; i < 20_000; i++)
        {
            at += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()));
            int steps = random.Next(1, 6);
            int side = 64 * random.Next(1, 17);
            int cancelAfter = random.Next(4) == 0 ? random.Next(20_000) : -1;
            server.Clock.Plan(at, () => Ask(steps, side, cancelAfter));
        }

        server.Run();

        EngineCounts counts = server.Queue.Counters.Read();
        Assert.Equal(20_000, counts.Accepted + counts.Refused.Values.Sum());
        Assert.Equal(counts.Accepted, counts.Succeeded + counts.Cancelled);
        Assert.True(counts.Succeeded > 5_000 && counts.Cancelled > 500, counts.ToString());
        Assert.Equal(server.Pipeline.Prepared, server.Pipeline.Disposed);
        Assert.InRange(most, 1, new BatchLimits().MaxHeldEdits);
        Assert.Equal((0, 0), (server.Queue.Count, server.Running));
        Assert.Empty(server.Pipeline.Breaches);

        void Ask(int steps, int side, int cancelAfter)
        {
            var cancel = new CancellationTokenSource();
            if (cancelAfter >= 0)
            {
                server.Clock.Plan(server.Clock.Now + TimeSpan.FromMilliseconds(cancelAfter), cancel.Cancel);
            }
            server.Ask(SimulatedServer.Request(steps, side), cancellationToken: cancel.Token);
            most = Math.Max(most, server.Pipeline.Prepared - server.Pipeline.Disposed);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Soak_ThreeTimesTheLoadOfManyTenantsAndClasses_NobodyStarves(int seed)
    {
        var limits = new BatchLimits();
        var queue = new QueueLimits { Capacity = 16, MaxWork = TimeSpan.FromHours(1) };
        var server = new SimulatedServer(EngineSpeed.Linear, limits, queue);
        Load.Poisson(
            server,
            seed,
            perSecond: 3 / 12.0,
            TimeSpan.FromHours(1),
            random =>
                (
                    SimulatedServer.Request(random.Next(2, 30), 64 * random.Next(4, 12)),
                    new EditTicketOptions
                    {
                        // One tenant sends half of all, and the classes differ.
                        Tenant = $"{Math.Max(0, random.Next(8) - 3)}",
                        Priority = (EditPriority)random.Next(3),
                    }
                )
        );

        server.Run();

        SimulatedEdit[] accepted = [.. server.Edits.Where(edit => edit.IsAccepted)];
        Assert.All(accepted, edit => Assert.Equal(EditOutcome.Succeeded, edit.Outcome));
        // At most all that can wait and be held goes before it, and again as much of other tenants that comes later and has
        // had less; and its class holds it back by twice the ageing time.
        double longest = accepted.Max(edit => server.Alone(edit.Ticket.Request));
        double bound = 2 * (queue.Capacity + limits.MaxHeldEdits) * longest + 2 * limits.Ageing.TotalSeconds;
        double worst = accepted.Max(edit => edit.Latency.TotalSeconds);
        Assert.True(worst < bound, $"one waited {worst:0} s, bound {bound:0} s");
        Assert.True(server.Utilization > 0.98, $"busy {server.Utilization:P1}");
    }

    [Fact]
    public void Cancel_AtRandomMoments_TakesNoMoreThanTheStepUnderWay()
    {
        var server = new SimulatedServer(EngineSpeed.Linear);
        var random = new Random(4);
        var cancelledAt = new Dictionary<EditTicket, TimeSpan>();
        var latencies = new List<TimeSpan>();
        server.Queue.Counters.OnEnd(
            (ticket, outcome) =>
            {
                if (outcome == EditOutcome.Cancelled)
                {
                    latencies.Add(server.Clock.Now - cancelledAt[ticket]);
                }
            }
        );
        for (int i = 0; i < 200; i++)
        {
            TimeSpan at = TimeSpan.FromSeconds(i * 8);
            TimeSpan cancelAt = at + TimeSpan.FromSeconds(20 * random.NextDouble());
            server.Clock.Plan(at, () => Ask(cancelAt));
        }

        server.Run();

        EngineCounts counts = server.Queue.Counters.Read();
        // A step of four edits of 512x512, and one piece of other work before it.
        double longest = 4 * 0.7864 + 4 * 0.3;
        Assert.All(latencies, latency => Assert.InRange(latency.TotalSeconds, 0, longest + 0.01));
        Assert.Equal(latencies.Count, counts.Cancelled);
        Assert.True(counts.Cancelled > 50, $"{counts.Cancelled} were cancelled");
        Assert.Equal(
            server.Edits.Where(edit => edit.Outcome == EditOutcome.Cancelled).Sum(edit => 20L - edit.Ticket.StepsDone),
            counts.SavedSteps
        );

        void Ask(TimeSpan cancelAt)
        {
            var cancel = new CancellationTokenSource();
            SimulatedEdit edit = server.Ask(SimulatedServer.Request(20), cancellationToken: cancel.Token);
            server.Clock.Plan(
                cancelAt,
                () =>
                {
                    cancelledAt[edit.Ticket] = server.Clock.Now;
                    cancel.Cancel();
                }
            );
        }
    }
}
