using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>What the server promises under load, in a simulation of the real queue, planner and batch.</summary>
public sealed class PromisesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static TheoryData<string> Speeds => ["linear", "shared"];

    [Theory]
    [InlineData("linear", true)]
    [InlineData("linear", false)]
    [InlineData("shared", true)]
    public void RetryAfter_PoliteClients_AreAdmittedWhenTheyComeBackAsTold(string speed, bool ownTenants)
    {
        var server = new SimulatedServer(SpeedOf(speed), queue: new QueueLimits { Capacity = 32 });
        var random = new Random(5);
        int returned = 0;
        int admitted = 0;

        // Each of 50 asks again as soon as it has its picture, or when it was told to.
        for (int client = 0; client < 50; client++)
        {
            var options = new EditTicketOptions { Tenant = ownTenants ? $"{client}" : "" };
            server.Clock.Plan(TimeSpan.FromSeconds(random.NextDouble()), () => Ask(options, isReturn: false));
        }
        server.RunUntil(Hour);

        Assert.True(returned > 200, $"only {returned} came back");
        Assert.True(admitted >= 0.9 * returned, $"{admitted} of {returned} were admitted when they came back as told");

        void Ask(EditTicketOptions options, bool isReturn)
        {
            SimulatedEdit edit = server.Ask(
                SimulatedServer.Request(random.Next(2, 8)),
                options,
                onEnd: _ => Ask(options, isReturn: false)
            );
            returned += isReturn ? 1 : 0;
            admitted += isReturn && edit.IsAccepted ? 1 : 0;
            if (edit.Refusal is QueueFullException full)
            {
                TimeSpan network = TimeSpan.FromMilliseconds(random.Next(2, 50));
                server.Clock.Plan(server.Clock.Now + full.RetryAfter + network, () => Ask(options, isReturn: true));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Speeds))]
    public void Deadlines_NinetyPercentLoad_AreHardlyEverMissed(string speed)
    {
        var server = new SimulatedServer(SpeedOf(speed));
        double work = MeanWork(server);
        Load.Poisson(
            server,
            seed: 6,
            0.9 * GainAtFullLoad(speed) / work,
            Hour * 4,
            random =>
            {
                EditRequest request = Mixed(random);
                double limit = server.Alone(request) * (1.5 + 6 * random.NextDouble());
                return (request, new EditTicketOptions { TimeLimit = TimeSpan.FromSeconds(limit) });
            }
        );

        server.Run();

        SimulatedEdit[] accepted = [.. server.Edits.Where(edit => edit.IsAccepted)];
        int missed = accepted.Count(edit => edit.Outcome == EditOutcome.Expired);
        Assert.True(accepted.Length > 0.5 * server.Edits.Count, $"{accepted.Length} of {server.Edits.Count} accepted");
        Assert.True(missed < 0.01 * accepted.Length, $"{missed} of {accepted.Length} accepted edits were late");
        Assert.All(accepted, edit => Assert.True(edit.Outcome is EditOutcome.Succeeded or EditOutcome.Expired));
        Assert.All(
            accepted.Where(edit => edit.Outcome == EditOutcome.Succeeded),
            // What is being decoded when its time is over is given all the same.
            edit => Assert.True(edit.Latency <= edit.Ticket.Options.TimeLimit + TimeSpan.FromSeconds(1))
        );
    }

    [Theory]
    [MemberData(nameof(Speeds))]
    public void Deadlines_AmongEditsWithoutOne_AreHardlyEverMissed(string speed)
    {
        var server = new SimulatedServer(SpeedOf(speed));
        Load.Poisson(
            server,
            seed: 7,
            1.1 * GainAtFullLoad(speed) / MeanWork(server),
            Hour * 2,
            random =>
            {
                EditRequest request = Mixed(random);
                double limit = server.Alone(request) * (2 + 60 * random.NextDouble());
                TimeSpan? wanted = random.Next(3) == 0 ? TimeSpan.FromSeconds(limit) : null;
                return (request, new EditTicketOptions { TimeLimit = wanted });
            }
        );

        server.Run();

        SimulatedEdit[] timed =
        [
            .. server.Edits.Where(edit => edit is { IsAccepted: true, Ticket.Deadline: not null }),
        ];
        int missed = timed.Count(edit => edit.Outcome == EditOutcome.Expired);
        Assert.True(timed.Length > 50, $"only {timed.Length} were accepted");
        Assert.True(missed < 0.01 * timed.Length, $"{missed} of {timed.Length} were late");
    }

    [Theory]
    [MemberData(nameof(Speeds))]
    public void OddSize_AmongTheUsual_DelaysThemByNoMoreThanItsShare(string speed)
    {
        TimeSpan without = MeanLatencyOfTheUsual(speed, odd: false);
        TimeSpan with = MeanLatencyOfTheUsual(speed, odd: true);

        // The odd one is one of five that run, and cannot share steps with them: a step of its own for each of theirs.
        double share = speed == "linear" ? 1.35 : 2.1;
        Assert.True(with <= share * without, $"{with} against {without} without the odd size");
    }

    [Theory]
    [MemberData(nameof(Speeds))]
    public void Flood_OfOneTenant_LeavesAnotherNearlyAsFastAsAlone(string speed)
    {
        double alone = LatencyOfTheQuietTenant(speed, flood: false);
        double beside = LatencyOfTheQuietTenant(speed, flood: true);

        Assert.True(beside <= 2 * alone, $"p95 is {beside} s beside a flood, {alone} s alone");
    }

    [Fact]
    public void Priorities_InteractiveAmongBackgroundWork_HardlyWaits()
    {
        var server = new SimulatedServer(EngineSpeed.Linear, queue: new QueueLimits { MaxWork = Hour });
        var background = new EditTicketOptions { Priority = EditPriority.Batch };
        var interactive = new EditTicketOptions { Priority = EditPriority.Interactive };
        for (int i = 0; i < 20; i++)
        {
            server.Ask(SimulatedServer.Request(20), background);
        }
        server.AskAt(TimeSpan.FromSeconds(5), SimulatedServer.Request(10), interactive);

        server.Run();

        SimulatedEdit hurried = server.Edits.Single(edit => edit.Ticket.Options == interactive);
        double alone = server.Alone(hurried.Ticket.Request);
        Assert.True(hurried.Latency.TotalSeconds < 1.6 * alone, $"{hurried.Latency} against {alone} s alone");
        Assert.All(server.Edits, edit => Assert.Equal(EditOutcome.Succeeded, edit.Outcome));
    }

    [Fact]
    public void Background_UnderEndlessInteractiveLoad_IsServedOnceItHasWaited()
    {
        var server = new SimulatedServer(EngineSpeed.Linear);
        Load.Poisson(
            server,
            seed: 8,
            1.2 / MeanWork(server),
            Hour,
            random => (Mixed(random), new EditTicketOptions { Priority = EditPriority.Interactive })
        );
        server.AskAt(
            TimeSpan.FromMinutes(10),
            SimulatedServer.Request(10),
            new EditTicketOptions { Priority = EditPriority.Batch }
        );

        server.Run();

        SimulatedEdit background = server.Edits.Single(edit => edit.Ticket.Options.Priority == EditPriority.Batch);
        Assert.Equal(EditOutcome.Succeeded, background.Outcome);
        Assert.True(background.Latency < TimeSpan.FromMinutes(10), $"it took {background.Latency}");
    }

    [Theory]
    [MemberData(nameof(Speeds))]
    public void Overload_TenTimes_RefusesTheRestAtOnceAndKeepsWhatItPredicted(string speed)
    {
        var server = new SimulatedServer(SpeedOf(speed));
        Load.Poisson(
            server,
            seed: 9,
            10 * GainAtFullLoad(speed) / MeanWork(server),
            Hour,
            random => (Mixed(random), new EditTicketOptions())
        );

        server.Run();

        EngineCounts counts = server.Queue.Counters.Read();
        Assert.Equal(server.Edits.Count, counts.Accepted + counts.Refused[RefusalReason.QueueFull]);
        Assert.Equal(counts.Accepted, counts.Succeeded);
        Assert.InRange(counts.Accepted / (double)server.Edits.Count, 0.05, 0.15);
        Assert.True(server.Utilization > 0.99, $"busy {server.Utilization:P1}");
        double late = Load.Quantile(
            server.Edits.Where(edit => edit.IsAccepted).Select(edit => edit.PredictionRatio),
            0.95
        );
        Assert.True(late < 1.2, $"the 95th percentile took {late:0.00} times what was predicted");
    }

    private static TimeSpan MeanLatencyOfTheUsual(string speed, bool odd)
    {
        var server = new SimulatedServer(SpeedOf(speed), new BatchLimits { MaxRunningEdits = 4 });
        if (odd)
        {
            server.Ask(SimulatedServer.Request(200, side: 576));
        }
        SimulatedEdit[] usual = [.. Enumerable.Range(0, 4).Select(_ => server.Ask(SimulatedServer.Request(20)))];

        server.Run();

        return TimeSpan.FromSeconds(usual.Average(edit => edit.Latency.TotalSeconds));
    }

    // A hundred edits of the flood for each of the quiet one's.
    private static double LatencyOfTheQuietTenant(string speed, bool flood)
    {
        var server = new SimulatedServer(SpeedOf(speed));
        TimeSpan end = Hour * 4;
        double quiet = 0.1 * GainAtFullLoad(speed) / MeanWork(server);
        Load.Poisson(
            server,
            seed: 10,
            quiet,
            end,
            random => (SimulatedServer.Request(20), new EditTicketOptions { Tenant = "quiet" })
        );
        if (flood)
        {
            Load.Poisson(
                server,
                seed: 11,
                100 * quiet,
                end,
                random => (Mixed(random), new EditTicketOptions { Tenant = "flood" })
            );
        }

        server.Run();

        SimulatedEdit[] edits = [.. server.Edits.Where(edit => edit.Tenant is "quiet")];
        Assert.True(edits.Length > 50, $"only {edits.Length} edits");
        Assert.All(edits, edit => Assert.True(edit.IsAccepted, $"refused at {edit.AskedAt}: {edit.Refusal?.Message}"));
        return Load.Quantile(edits.Select(edit => edit.Latency.TotalSeconds), 0.95);
    }

    private static EngineSpeed SpeedOf(string name) => name is "linear" ? EngineSpeed.Linear : EngineSpeed.Shared;

    // What four edits at once earn against one by one.
    private static double GainAtFullLoad(string speed)
    {
        if (speed is "linear")
        {
            return 1;
        }
        EngineSpeed shared = EngineSpeed.Shared;
        var shape = new EditShape(new(512, 512), 3, 20);
        double pixels = shape.StepPixels / 1e6;
        double together =
            4 * (shared.Prepare + shared.Finish)
            + shape.Steps * (shared.StepConstant + 4 * shared.StepPerMegapixelRow * pixels);
        return 4 * shared.Alone(shape) / together;
    }

    private static double MeanWork(SimulatedServer server)
    {
        var random = new Random(1);
        return Enumerable.Range(0, 1_000).Average(_ => server.Alone(Mixed(random)));
    }

    private static EditRequest Mixed(Random random) => SimulatedServer.Request(random.Next(5, 50));
}
