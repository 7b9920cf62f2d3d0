using System.Text.Json;
using InstructDiffusion.Cli.Pull;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Http;

namespace InstructDiffusion.Cli.Tests.Pull;

public sealed class ModelPullTests : IAsyncLifetime
{
    private const string UNet = "unet/diffusion_pytorch_model.safetensors";

    private readonly TempFolder _folder = new();
    private readonly TestTerminal _terminal = new();
    private readonly List<TimeSpan> _waits = [];
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task Run_DiffusersModel_BringsWhatTheEngineLoadsAndNothingElse()
    {
        _hub.AddDiffusersModel();

        await PullAsync(Options());

        string[] here =
        [
            .. Directory
                .EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_folder.Path, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [
                "README.md",
                "model_index.json",
                "pull-manifest.json",
                "tokenizer/merges.txt",
                "unet/config.json",
                UNet,
                "vae/config.json",
                "vae/diffusion_pytorch_model.safetensors",
            ],
            here
        );
        Assert.All(
            here.Where(path => path is not PullManifest.FileName),
            path => Assert.Equal(_hub.Files[path], ReadFile(path))
        );
        Assert.Equal(_folder.Path, _terminal.Out.Trim());
    }

    [Fact]
    public async Task Run_Finished_WritesManifestWithChecksums()
    {
        _hub.AddDiffusersModel();

        await PullAsync(Options());

        using JsonDocument json = JsonDocument.Parse(ReadFile(PullManifest.FileName));
        Assert.Equal(FakeHub.Model, json.RootElement.GetProperty("model").GetString());
        Assert.Equal(FakeHub.Commit, json.RootElement.GetProperty("commit").GetString());
        JsonElement[] files = [.. json.RootElement.GetProperty("files").EnumerateArray()];
        Assert.Equal(7, files.Length);
        Assert.All(
            files,
            file =>
            {
                byte[] content = _hub.Files[file.GetProperty("path").GetString()!];
                Assert.Equal(FakeHub.Sha256(content), file.GetProperty("sha256").GetString());
                Assert.Equal(content.Length, file.GetProperty("size").GetInt32());
                Assert.True(file.GetProperty("is_verified").GetBoolean());
            }
        );
    }

    [Fact]
    public async Task Run_Again_DownloadsNothing()
    {
        _hub.AddDiffusersModel();
        await PullAsync(Options());
        int before = _hub.Requests.Count;

        await PullAsync(Options());

        Assert.Equal(before + 1, _hub.Requests.Count);
        Assert.Contains($"{UNet}: already here", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Token_GoesToTheHubAndNeverToItsStorage()
    {
        _hub.AddDiffusersModel();

        await PullAsync(Options() with { Token = "secret" });

        int hubPort = new Uri(_hub.Endpoint).Port;
        Assert.All(
            _hub.Requests.Where(seen => seen.Port == hubPort),
            seen => Assert.Equal("Bearer secret", seen.Authorization)
        );
        FakeHub.Seen[] atStorage = [.. _hub.Requests.Where(seen => seen.Port != hubPort)];
        Assert.Equal(2, atStorage.Length);
        Assert.All(atStorage, seen => Assert.Null(seen.Authorization));
    }

    [Fact]
    public async Task Run_ConnectionCut_ContinuesWhereItBroke()
    {
        _hub.AddDiffusersModel();
        CutOnce($"/store/{UNet}", after: 120_000);

        await PullAsync(Options());

        FakeHub.Seen[] requests = [.. _hub.DownloadsOf($"store/{UNet}")];
        Assert.Equal(2, requests.Length);
        Assert.Equal("bytes=120000-", requests[1].Range);
        Assert.NotNull(requests[1].IfRange);
        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
        Assert.Equal([TimeSpan.FromSeconds(1)], _waits);
    }

    [Fact]
    public async Task Run_AfterAFailedRun_ContinuesItsPartialFile()
    {
        _hub.AddDiffusersModel();
        CutOnce($"/store/{UNet}", after: 200_000);
        await Assert.ThrowsAsync<HubException>(() =>
            PullAsync(Options() with { Retry = new RetryPolicy { MaxAttempts = 1 } })
        );
        Assert.Equal(200_000, new FileInfo(_folder.Of(UNet + ".part")).Length);
        Assert.False(File.Exists(_folder.Of(UNet)));

        await PullAsync(Options());

        Assert.Equal("bytes=200000-", _hub.DownloadsOf($"store/{UNet}").Last().Range);
        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
        Assert.False(File.Exists(_folder.Of(UNet + ".part")));
        Assert.False(File.Exists(_folder.Of(UNet + ".part.json")));
    }

    [Fact]
    public async Task Run_FileChangedSinceTheFailedRun_StartsOver()
    {
        _hub.AddDiffusersModel();
        CutOnce($"/store/{UNet}", after: 200_000);
        await Assert.ThrowsAsync<HubException>(() =>
            PullAsync(Options() with { Retry = new RetryPolicy { MaxAttempts = 1 } })
        );
        byte[] changed = _hub.Add(UNet, 300_000, isLarge: true, seed: 99);

        await PullAsync(Options());

        Assert.Null(_hub.DownloadsOf($"store/{UNet}").Last().Range);
        Assert.Equal(changed, ReadFile(UNet));
    }

    [Fact]
    public async Task Run_PartialFileDamaged_StartsOverOnce()
    {
        _hub.AddDiffusersModel();
        CutOnce($"/store/{UNet}", after: 200_000);
        await Assert.ThrowsAsync<HubException>(() =>
            PullAsync(Options() with { Retry = new RetryPolicy { MaxAttempts = 1 } })
        );
        await File.WriteAllBytesAsync(
            _folder.Of(UNet + ".part"),
            new byte[200_000],
            TestContext.Current.CancellationToken
        );

        await PullAsync(Options());

        Assert.Contains("starting over", _terminal.Error, StringComparison.Ordinal);
        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
    }

    [Fact]
    public async Task Run_StorageIgnoresRanges_TakesTheWholeFileAgain()
    {
        _hub.AddDiffusersModel();
        CutOnce(
            $"/store/{UNet}",
            after: 120_000,
            otherwise: context =>
            {
                context.Request.Headers.Remove("Range");
                return Task.FromResult(false);
            }
        );

        await PullAsync(Options());

        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
    }

    [Fact]
    public async Task Run_AlwaysCutAtTheSamePlaceWithoutRanges_GivesUp()
    {
        _hub.AddDiffusersModel();
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != $"/store/{UNet}")
            {
                return false;
            }
            await SendAndCutAsync(context, 120_000);
            return true;
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.True(failure.IsTransient);
        Assert.Equal(6, _hub.DownloadsOf($"store/{UNet}").Count());
    }

    [Fact]
    public async Task Run_ContentDiffersFromItsChecksum_FailsAndKeepsNothing()
    {
        _hub.AddDiffusersModel();
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != $"/store/{UNet}")
            {
                return false;
            }
            await context.Response.Body.WriteAsync(new byte[300_000]);
            return true;
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("SHA-256", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Of(UNet)));
        Assert.False(File.Exists(_folder.Of(UNet + ".part")));
        Assert.False(File.Exists(_folder.Of(PullManifest.FileName)));
    }

    [Fact]
    public async Task Run_SmallFileDiffersFromItsGitId_Fails()
    {
        _hub.AddDiffusersModel();
        _hub.Intercept = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("unet/config.json", StringComparison.Ordinal))
            {
                return false;
            }
            await context.Response.Body.WriteAsync(new byte[200]);
            return true;
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("git id", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_HubSendsMoreThanListed_StopsReading()
    {
        _hub.AddDiffusersModel();
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != $"/store/{UNet}")
            {
                return false;
            }
            for (int i = 0; i < 100; i++)
            {
                await context.Response.Body.WriteAsync(new byte[100_000]);
            }
            return true;
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("more than", failure.Message, StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder.Of(UNet + ".part")).Length <= 300_000);
    }

    [Theory]
    [InlineData(401, "token")]
    [InlineData(403, "licence")]
    [InlineData(404, "no such model")]
    public async Task Run_HubRefuses_SaysWhyWithoutRetrying(int status, string expected)
    {
        _hub.Intercept = context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task Run_BusyHub_WaitsAsLongAsItAsks()
    {
        _hub.AddDiffusersModel();
        int answers = 0;
        _hub.Intercept = context =>
        {
            int answer = Interlocked.Increment(ref answers);
            if (answer > 2)
            {
                return Task.FromResult(false);
            }
            context.Response.StatusCode = answer == 1 ? 429 : 503;
            context.Response.Headers.RetryAfter = answer == 1 ? "7" : default;
            return Task.FromResult(true);
        };

        await PullAsync(Options());

        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(2)], _waits);
        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
    }

    [Fact]
    public async Task Run_SilentHub_IsGivenUpAfterItsTime()
    {
        _hub.AddDiffusersModel();
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != $"/store/{UNet}")
            {
                return false;
            }
            context.Response.ContentLength = 300_000;
            await context.Response.Body.WriteAsync(new byte[1000]);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        PullOptions options = Options() with
        {
            Timeout = TimeSpan.FromSeconds(1),
            Retry = new RetryPolicy { MaxAttempts = 1 },
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(options));

        Assert.Contains("No data for 1 s", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside.json")]
    [InlineData("unet/../../outside.json")]
    [InlineData("/etc/outside.json")]
    [InlineData("unet\\..\\outside.json")]
    [InlineData("C:/outside.json")]
    [InlineData("unet//config.json")]
    [InlineData("bell\u0007.json")]
    [InlineData("config.json.part")]
    [InlineData("pull-manifest.json")]
    public async Task Run_FileNameThatIsNoPlainPath_IsRefused(string path)
    {
        _hub.AddDiffusersModel();
        _hub.Files[path] = [1, 2, 3];

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("name is refused", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.DoesNotContain('\u0007', failure.Message);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/file")]
    public async Task Run_RedirectToAnotherScheme_IsRefused(string target)
    {
        _hub.AddDiffusersModel();
        _hub.RedirectTo = _ => target;

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RedirectLoop_IsGivenUp()
    {
        _hub.AddDiffusersModel();
        _hub.RedirectTo = _ => $"/{FakeHub.Model}/resolve/{FakeHub.Commit}/{UNet}";

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("redirects", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ListingWithoutSizes_TakesThemFromTheTree()
    {
        _hub.AddDiffusersModel();
        _hub.TellsBlobs = false;
        _hub.TreePageSize = 2;

        await PullAsync(Options());

        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
        Assert.Equal(5, _hub.Requests.Count(seen => seen.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_MirrorThatTellsNothing_ChecksByTheTagsOfTheAnswers()
    {
        _hub.AddDiffusersModel();
        _hub.TellsBlobs = false;

        await PullAsync(Options());

        PullManifest manifest = (await PullManifest.ReadAsync(_folder.Path, TestContext.Current.CancellationToken))!;
        Assert.All(manifest.Files, file => Assert.True(file.IsVerified));
        Assert.Equal(_hub.Files[UNet], ReadFile(UNet));
    }

    [Fact]
    public async Task Run_NoChecksumAnywhere_SaysSo()
    {
        _hub.AddDiffusersModel();
        _hub.TellsBlobs = false;
        _hub.TellsLinkedTags = false;

        await PullAsync(Options());

        Assert.Contains("no checksum", _terminal.Error, StringComparison.Ordinal);
        PullManifest manifest = (await PullManifest.ReadAsync(_folder.Path, TestContext.Current.CancellationToken))!;
        Assert.False(manifest.Files.Single(file => file.Path is UNet).IsVerified);
    }

    [Fact]
    public async Task Run_TooLittleSpace_DownloadsNothing()
    {
        _hub.AddDiffusersModel();

        var failure = await Assert.ThrowsAsync<CommandException>(() =>
            PullAsync(Options() with { FreeSpace = _ => 64L * 1024 * 1024 + 1000 })
        );

        Assert.Contains("free", failure.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task Run_UsersOwnFileInTheWay_IsNotReplacedWithoutForce()
    {
        _hub.AddDiffusersModel();
        Directory.CreateDirectory(_folder.Of("unet"));
        await File.WriteAllTextAsync(_folder.Of("unet", "config.json"), "mine", TestContext.Current.CancellationToken);

        var failure = await Assert.ThrowsAsync<CommandException>(() => PullAsync(Options()));
        Assert.Contains("--force", failure.Message, StringComparison.Ordinal);
        Assert.Equal("mine"u8, ReadFile("unet/config.json"));

        await PullAsync(Options() with { Force = true });
        Assert.Equal(_hub.Files["unet/config.json"], ReadFile("unet/config.json"));
    }

    [Fact]
    public async Task Run_FileOfAnEarlierPull_IsReplacedByANewerState()
    {
        _hub.AddDiffusersModel();
        await PullAsync(Options());
        byte[] newer = _hub.Add("unet/config.json", 250, seed: 50);

        await PullAsync(Options());

        Assert.Equal(newer, ReadFile("unet/config.json"));
    }

    [Fact]
    public async Task Run_Cancelled_KeepsThePartialFile()
    {
        _hub.AddDiffusersModel();
        using var stop = new CancellationTokenSource();
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != $"/store/{UNet}")
            {
                return false;
            }
            context.Response.ContentLength = 300_000;
            await context.Response.Body.WriteAsync(_hub.Files[UNet].AsMemory(0, 50_000));
            await context.Response.Body.FlushAsync();
            while (!File.Exists(_folder.Of(UNet + ".part")) || new FileInfo(_folder.Of(UNet + ".part")).Length < 50_000)
            {
                await Task.Delay(10);
            }
            await stop.CancelAsync();
            return true;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new ModelPull(Options(), _terminal.Terminal).RunAsync(stop.Token)
        );

        Assert.Equal(50_000, new FileInfo(_folder.Of(UNet + ".part")).Length);
    }

    [Fact]
    public async Task Run_NotAHub_SaysSo()
    {
        _hub.Intercept = async context =>
        {
            await context.Response.WriteAsync("<html>hello</html>");
            return true;
        };

        var failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(Options()));

        Assert.Contains("is it a model hub?", failure.Message, StringComparison.Ordinal);
    }

    private PullOptions Options() =>
        new()
        {
            Address = new HubAddress(_hub.Endpoint, FakeHub.Model),
            Output = _folder.Path,
            Retry = new RetryPolicy
            {
                Wait = (delay, _) =>
                {
                    _waits.Add(delay);
                    return Task.CompletedTask;
                },
            },
        };

    private Task PullAsync(PullOptions options) =>
        new ModelPull(options, _terminal.Terminal).RunAsync(TestContext.Current.CancellationToken);

    private byte[] ReadFile(string path) => File.ReadAllBytes(_folder.Of(path.Split('/')));

    /// <summary>The first answer for <paramref name="path"/> breaks off; later ones go through <paramref name="otherwise"/>.</summary>
    private void CutOnce(string path, int after, Func<HttpContext, Task<bool>>? otherwise = null)
    {
        int cuts = 0;
        _hub.Intercept = async context =>
        {
            if (context.Request.Path != path)
            {
                return false;
            }
            if (Interlocked.Increment(ref cuts) > 1)
            {
                return otherwise is not null && await otherwise(context);
            }
            context.Response.Headers.ETag = $"\"s3-{path.Length}\"";
            await SendAndCutAsync(context, after);
            return true;
        };
    }

    private async Task SendAndCutAsync(HttpContext context, int after)
    {
        byte[] content = _hub.Files[UNet];
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content.AsMemory(0, after));
        await context.Response.Body.FlushAsync();
        // The client has it all before the connection goes, so that the amount kept is certain.
        while (PartialLength() < after)
        {
            await Task.Delay(10);
        }
        context.Abort();
    }

    private long PartialLength()
    {
        var part = new FileInfo(_folder.Of(UNet + ".part"));
        return part.Exists ? part.Length : 0;
    }
}
