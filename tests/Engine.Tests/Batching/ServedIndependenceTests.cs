using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Tests.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>
/// An edit served beside strangers is the edit served alone, up to rounding: one grey level. With the real pipeline, through
/// queue, planner and batch.
/// </summary>
public sealed class ServedIndependenceTests
{
    private const int GreyLevels = 1;
    private const int Steps = 6;

    [Theory]
    [InlineData(1, 0)] // 2 edits, prepared together
    [InlineData(6, 0)] // 7 edits
    [InlineData(1, 2)] // the others are two steps ahead
    [InlineData(6, 3)]
    public void Served_BesideOthers_GivesThePictureOfTheEditAlone(int others, int roundsAhead)
    {
        using var server = new Server();
        RgbImage alone = server.Serve(Mine());
        for (int i = 0; i < others; i++)
        {
            server.Ask(Stranger(i), CancellationToken.None);
        }
        server.Rounds(roundsAhead);

        RgbImage beside = server.Serve(Mine());

        AssertSame(alone, beside);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(6, 3)]
    public void Served_BatchInvariantBesideOthers_GivesTheSameBits(int others, int roundsAhead)
    {
        using var server = new Server();
        EditRequest mine = Mine() with { Determinism = Determinism.BatchInvariant };
        RgbImage alone = server.Serve(mine);
        for (int i = 0; i < others; i++)
        {
            server.Ask(Stranger(i), CancellationToken.None);
        }
        server.Rounds(roundsAhead);

        RgbImage beside = server.Serve(mine);

        Assert.Equal(alone.Pixels.ToArray(), beside.Pixels.ToArray());
    }

    [Fact]
    public async Task Served_WhileOthersJoinAndAreCancelled_GivesThePictureOfTheEditAlone()
    {
        using var server = new Server();
        RgbImage alone = server.Serve(Mine());
        using var cancel = new CancellationTokenSource();
        EditTicket mine = server.Ask(Mine(), CancellationToken.None);
        EditTicket[] leaving = [server.Ask(Stranger(0), cancel.Token), server.Ask(Stranger(1), cancel.Token)];
        server.Rounds(3);
        server.Ask(Stranger(2), CancellationToken.None);
        server.Rounds(1);
        await cancel.CancelAsync();

        server.Run();

        Assert.All(leaving, ticket => Assert.True(ticket.Completion.IsCanceled));
        AssertSame(alone, (await mine.Completion).Image);
    }

    [Fact]
    public void Served_BesideOneThatBreaks_GivesThePictureOfTheEditAlone()
    {
        using var server = new Server();
        RgbImage alone = server.Serve(Mine());
        var breaking = new EditTicket(
            Stranger(0),
            new EditTicketOptions { OnProgress = p => throw new ArithmeticException() }
        );
        server.Queue.Enqueue(breaking);

        RgbImage beside = server.Serve(Mine());

        Assert.True(breaking.Completion.IsFaulted);
        AssertSame(alone, beside);
    }

    private static EditRequest Mine() => ReferenceModel.Request(seed: 42, steps: Steps) with { Eta = 0.5 };

    private static EditRequest Stranger(int index) =>
        ReferenceModel.Request(seed: index, steps: 3 + index % 5) with
        {
            Instruction = $"stranger {index}",
            TextGuidanceScale = index % 3 == 0 ? 0.5 : 6,
            ImageGuidanceScale = index % 3 == 1 ? 0.5 : 1.5,
        };

    private static void AssertSame(RgbImage alone, RgbImage beside)
    {
        int levels = TestImages.MaxDifference(alone, beside);
        Assert.True(levels <= GreyLevels, $"pictures differ by {levels} grey levels");
    }

    private sealed class Server : IDisposable
    {
        private readonly LoadedModel _model = ReferenceModel.Open();
        private readonly RunningBatch _batch;

        public Server()
        {
            var limits = new BatchLimits { MaxRunningEdits = 8, MaxRowsPerStep = 24 };
            Queue = new EditQueue(new QueueLimits(), limits, TimeProvider.System);
            Queue.Open(_model.Pipeline.Measure);
            _batch = new RunningBatch(_model.Pipeline, Queue, limits, TimeProvider.System, NullLogger.Instance);
        }

        public EditQueue Queue { get; }

        public EditTicket Ask(EditRequest request, CancellationToken cancellationToken)
        {
            var ticket = new EditTicket(request, cancellationToken: cancellationToken);
            Queue.Enqueue(ticket);
            return ticket;
        }

        public RgbImage Serve(EditRequest request)
        {
            EditTicket ticket = Ask(request, CancellationToken.None);
            Run();
            return ticket.Completion.Result.Image;
        }

        public void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(_batch.Round());
            }
        }

        public void Run()
        {
            while (_batch.Round()) { }
        }

        public void Dispose() => _model.Dispose();
    }
}
