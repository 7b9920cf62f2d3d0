using System.Collections.Concurrent;
using FsCheck.Xunit;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Api.Tests.Caching;

/// <summary>Equal and unequal edits at random times, with random cancels and failures, on one server.</summary>
public sealed class SharedEditsProperties : IAsyncLifetime
{
    private const int Kinds = 4;

    private readonly ApiApplication _app = new() { Settings = { ["Queue:Capacity"] = "1000" } };
    private readonly ConcurrentDictionary<long, EditsOfOneSeed> _bySeed = new();
    private int _round;

    /// <summary>One caller: which edit it wants, when it comes, and when it leaves (if at all).</summary>
    public sealed record Arrival(byte Kind, byte ComesAfter, byte LeavesAfter, bool Stays);

    public async ValueTask InitializeAsync()
    {
        (await _app.StartAsync()).Dispose();
        _app.Pipeline.OnPrepare = request => Of(request).Begin();
        _app.Pipeline.OnDispose = state => Of(state.Request).End();
        _app.Pipeline.OnStep = _ => Thread.Yield();
        _app.Pipeline.OnFinish = state =>
        {
            if (Fails(state.Request.Seed))
            {
                throw new ArithmeticException("scripted");
            }
            Of(state.Request).Succeed();
        };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Property(MaxTest = 80)]
    public async Task RunAsync_RandomInterleavings_EachGetsItsBytesOrItsOwnCancellationOfOneRun(Arrival[] arrivals)
    {
        long firstSeed = Interlocked.Increment(ref _round) * Kinds;

        await Task.WhenAll(
            arrivals.Select(arrival => Task.Run(() => ActAsync(arrival, firstSeed + arrival.Kind % Kinds)))
        );

        await ApiApplication.Until(() => _app.Pipeline.Disposed == _app.Pipeline.Prepared);
        Assert.Empty(_app.Pipeline.Breaches);
        Assert.All(_bySeed.Values, edits => Assert.Null(edits.Breach));
    }

    private async Task ActAsync(Arrival arrival, long seed)
    {
        await YieldAsync(arrival.ComesAfter);
        using var leave = new CancellationTokenSource();
        Task leaving = arrival.Stays ? Task.CompletedTask : LeaveAsync(leave, arrival.LeavesAfter);
        EditRequest request = Edit(seed);
        try
        {
            FinishedEdit finished = await _app
                .Services.GetRequiredService<EditDesk>()
                .RunAsync(request, new EditTicketOptions(), EditReuse.Full, queued: null, leave.Token);
            Assert.False(Fails(seed));
            Assert.Equal(FakeEditPipeline.Edited(request).Content, finished.Result.Image.Content);
        }
        catch (OperationCanceledException)
        {
            Assert.True(leave.IsCancellationRequested, "cancelled for another");
        }
        catch (Exception error) when (error is BrokenEditException or QuarantinedException)
        {
            Assert.True(Fails(seed));
        }
        await leaving;
    }

    private static async Task LeaveAsync(CancellationTokenSource leave, int after)
    {
        await YieldAsync(after);
        await leave.CancelAsync();
    }

    private static async Task YieldAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            await Task.Yield();
        }
    }

    private static bool Fails(long seed) => seed % Kinds == Kinds - 1;

    private EditsOfOneSeed Of(EditRequest request) => _bySeed.GetOrAdd(request.Seed, _ => new EditsOfOneSeed());

    private static EditRequest Edit(long seed) =>
        new()
        {
            Image = new RgbImage(1, 1, [1, 2, 3]),
            Instruction = "make it winter",
            Steps = 2,
            Seed = seed,
        };

    /// <summary>What the engine did for one seed. Used by its thread.</summary>
    private sealed class EditsOfOneSeed
    {
        private int _alive;
        private bool _succeeded;

        public string? Breach { get; private set; }

        public void Begin()
        {
            if (_alive > 0)
            {
                Breach = "two equal edits ran at the same time";
            }
            if (_succeeded)
            {
                Breach = "an edit ran whose result was known";
            }
            _alive++;
        }

        public void Succeed() => _succeeded = true;

        public void End() => _alive--;
    }
}
