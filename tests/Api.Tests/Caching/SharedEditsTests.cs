using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Api.Tests.Caching;

public sealed class SharedEditsTests
{
    [Fact]
    public async Task RunAsync_SameEditAgain_IsGivenFromMemory()
    {
        await using ApiApplication app = await StartAsync();

        FinishedEdit first = await RunAsync(app, Edit());
        FinishedEdit again = await RunAsync(app, Edit());

        Assert.Equal((CacheOutcome.Miss, CacheOutcome.Hit), (first.Cache, again.Cache));
        Assert.Equal(FakeEditPipeline.Edited(Edit()).Content, again.Result.Image.Content);
        Assert.Equal(first.Result.WorkingSize, again.Result.WorkingSize);
        Assert.Equal(TimeSpan.Zero, again.EngineTime + again.QueueTime + again.Result.DenoiseTime);
        Assert.Equal(1, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_SeedDrawn_RunsEveryTime()
    {
        await using ApiApplication app = await StartAsync();

        FinishedEdit first = await RunAsync(app, Edit(), reuse: EditReuse.None);
        FinishedEdit again = await RunAsync(app, Edit(), reuse: EditReuse.None);

        Assert.Null(first.Cache ?? again.Cache);
        Assert.Equal(2, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_EqualEditRuns_WaitsForIt()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        Task<FinishedEdit> first = RunAsync(app, Edit());
        Task<FinishedEdit> second = RunAsync(app, Edit());
        Task<FinishedEdit> other = RunAsync(app, Edit(seed: 2));

        app.Pipeline.Permits!.Release(100);
        FinishedEdit[] all = await Task.WhenAll(first, second, other);

        Assert.Equal(
            [CacheOutcome.Miss, CacheOutcome.Coalesced, CacheOutcome.Miss],
            all.Select(edit => edit.Cache!.Value)
        );
        Assert.Same(all[0].Result.Image, all[1].Result.Image);
        Assert.Equal(FakeEditPipeline.Edited(Edit(seed: 2)).Content, all[2].Result.Image.Content);
        Assert.Equal(2, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_OneOfSeveralLeaves_TheOthersGetTheirResult()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        using var leaving = new CancellationTokenSource();
        Task<FinishedEdit> first = RunAsync(app, Edit(), cancellationToken: leaving.Token);
        Task<FinishedEdit> second = RunAsync(app, Edit());

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        app.Pipeline.Permits!.Release(100);

        Assert.Equal(FakeEditPipeline.Edited(Edit()).Content, (await second).Result.Image.Content);
        Assert.Equal(1, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_LastOneLeaves_TheEngineDropsTheEdit()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        using var leaving = new CancellationTokenSource();
        Task<FinishedEdit> first = RunAsync(app, Edit(), cancellationToken: leaving.Token);
        Task<FinishedEdit> second = RunAsync(app, Edit(), cancellationToken: leaving.Token);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);

        await leaving.CancelAsync();
        app.Pipeline.Permits!.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await ApiApplication.Until(() => app.Pipeline.Disposed == 2);
        // Nothing of it was kept, and whoever comes now gets a run of their own.
        app.Pipeline.Permits.Release(100);
        Assert.Equal(CacheOutcome.Miss, (await RunAsync(app, Edit())).Cache);
        Assert.Empty(app.Pipeline.Breaches);
    }

    [Fact]
    public async Task RunAsync_EditFails_AllAreToldAndItIsNotRemembered()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        app.Pipeline.OnFinish = _ => throw new NonFiniteImageException("denoising");
        Task<FinishedEdit> first = RunAsync(app, Edit());
        Task<FinishedEdit> second = RunAsync(app, Edit());

        app.Pipeline.Permits!.Release(100);

        await Assert.ThrowsAsync<NonFiniteImageException>(() => first);
        await Assert.ThrowsAsync<NonFiniteImageException>(() => second);
        app.Pipeline.OnFinish = null;
        Assert.Equal(CacheOutcome.Miss, (await RunAsync(app, Edit())).Cache);
    }

    [Fact]
    public async Task RunAsync_ProgressAndPreviews_ReachAll()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        List<int> first = [];
        List<int> second = [];
        Task<FinishedEdit> one = RunAsync(app, Edit(), Reporting(first));
        Task<FinishedEdit> two = RunAsync(app, Edit(), Reporting(second));

        app.Pipeline.Permits!.Release(100);
        await Task.WhenAll(one, two);

        Assert.Equal([1, 2, 3], first);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task RunAsync_OneReportThrows_OnlyThatOneFails()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        var throwing = new EditTicketOptions { OnProgress = _ => throw new ArithmeticException("mine") };
        Task<FinishedEdit> first = RunAsync(app, Edit(), throwing);
        Task<FinishedEdit> second = RunAsync(app, Edit());

        app.Pipeline.Permits!.Release(100);

        await Assert.ThrowsAsync<ArithmeticException>(() => first);
        Assert.Equal(FakeEditPipeline.Edited(Edit()).Content, (await second).Result.Image.Content);
    }

    [Fact]
    public async Task RunAsync_MoreUrgentOrWithOtherPreviewsOrATimeLimit_RunsByItself()
    {
        await using ApiApplication app = await StartAsync(paused: true);
        Task<FinishedEdit> first = RunAsync(app, Edit(), new EditTicketOptions { Priority = EditPriority.Batch });

        Task<FinishedEdit>[] others =
        [
            RunAsync(app, Edit(), new EditTicketOptions { Priority = EditPriority.Interactive }),
            RunAsync(app, Edit(), new EditTicketOptions { PreviewEvery = 2 }),
            RunAsync(app, Edit(), new EditTicketOptions { TimeLimit = TimeSpan.FromHours(1) }),
        ];
        Task<FinishedEdit> less = RunAsync(app, Edit(), new EditTicketOptions { Priority = EditPriority.Batch });
        app.Pipeline.Permits!.Release(1000);

        Assert.Equal(CacheOutcome.Miss, (await first).Cache);
        Assert.All(await Task.WhenAll(others), edit => Assert.Equal(CacheOutcome.Miss, edit.Cache));
        Assert.Equal(CacheOutcome.Coalesced, (await less).Cache);
        Assert.Equal(4, RunsOf(app));
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task RunAsync_OtherCaller_SharesOnlyWhereTheServerSaysSo(bool share, int runs)
    {
        await using ApiApplication app = await StartAsync(settings: ("Cache:ShareBetweenCallers", $"{share}"));

        await RunAsync(app, Edit(), new EditTicketOptions { Tenant = "a" });
        FinishedEdit other = await RunAsync(app, Edit(), new EditTicketOptions { Tenant = "b" });

        Assert.Equal(share ? CacheOutcome.Hit : CacheOutcome.Miss, other.Cache);
        Assert.Equal(runs, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_CoalescingOff_RunsBoth()
    {
        await using ApiApplication app = await StartAsync(paused: true, ("Cache:Coalesce", "false"));
        Task<FinishedEdit> first = RunAsync(app, Edit());
        Task<FinishedEdit> second = RunAsync(app, Edit());

        app.Pipeline.Permits!.Release(100);

        Assert.All(await Task.WhenAll(first, second), edit => Assert.Equal(CacheOutcome.Miss, edit.Cache));
        Assert.Equal(2, RunsOf(app));
    }

    [Fact]
    public async Task RunAsync_QueueFull_IsRefusedAndLeavesNothingBehind()
    {
        await using ApiApplication app = await StartAsync(paused: true, ("Queue:Capacity", "1"));
        Task<FinishedEdit> running = RunAsync(app, Edit(seed: 1));
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        Task<FinishedEdit> waiting = RunAsync(app, Edit(seed: 2));

        await Assert.ThrowsAsync<QueueFullException>(() => RunAsync(app, Edit(seed: 3)));

        app.Pipeline.Permits!.Release(100);
        await Task.WhenAll(running, waiting);
        Assert.Equal(CacheOutcome.Miss, (await RunAsync(app, Edit(seed: 3))).Cache);
    }

    private static EditTicketOptions Reporting(List<int> steps) =>
        new() { OnProgress = progress => steps.Add(progress.Step) };

    private static async Task<ApiApplication> StartAsync(
        bool paused = false,
        params (string Key, string Value)[] settings
    )
    {
        var app = new ApiApplication();
        foreach ((string key, string value) in settings)
        {
            app.Settings[key] = value;
        }
        (await app.StartAsync()).Dispose();
        app.Pipeline.Permits = paused ? new SemaphoreSlim(0) : null;
        return app;
    }

    private static Task<FinishedEdit> RunAsync(
        ApiApplication app,
        EditRequest request,
        EditTicketOptions? options = null,
        EditReuse reuse = EditReuse.Full,
        CancellationToken cancellationToken = default
    ) =>
        app
            .Services.GetRequiredService<EditDesk>()
            .RunAsync(request, options ?? new EditTicketOptions(), reuse, queued: null, cancellationToken);

    // All but the warm-up.
    private static int RunsOf(ApiApplication app) => app.Pipeline.Prepared - 1;

    private static EditRequest Edit(long seed = 1) =>
        new()
        {
            Image = new RgbImage(2, 2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
            Instruction = "make it winter",
            Steps = 3,
            Seed = seed,
        };
}
