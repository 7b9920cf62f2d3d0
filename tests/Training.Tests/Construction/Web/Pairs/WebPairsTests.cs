using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Construction.Web.Pairs;

/// <summary>From a dump, over a local site, to shards, as it is typed.</summary>
public sealed class WebPairsTests : IAsyncLifetime
{
    private const string Crawler = "pairs-test/1.0 (+https://example.org/crawler)";
    private const int Posts = 5;

    private readonly TempFolder _folder = new();
    private readonly StringWriter _errors = new();
    private LocalSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await LocalSite.StartAsync();
        var lines = new List<string>();
        for (int i = 0; i < Posts; i++)
        {
            RgbImage scene = Scenes.Of(50 + i, 120, 90);
            _site.With($"/{i}.png", Scenes.Png(scene));
            _site.With($"/{i}-done.jpg", TestImageFiles.Jpeg(Scenes.Edited(scene, 30, 20, 40, 255)), "image/jpeg");
            _site.With($"/{i}-same.jpg", TestImageFiles.Jpeg(scene, quality: 85), "image/jpeg");
            lines.Add(Post(i, $"{i}.png", $"{i}-done.jpg", $"{i}-same.jpg", "gone.png"));
        }
        lines.Add(Post(70, "0.png", "1-done.jpg", "trap.png")); // the first one's picture again
        lines.Add(Post(71, "page.png", "2-done.jpg"));
        _site.With("/page.png", "<html>", "image/png");
        _site.WithRedirect("/trap.png", "http://169.254.169.254/latest/meta-data/");
        await File.WriteAllLinesAsync(_folder.Of("posts.jsonl"), lines, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _folder.Of("rules.json"),
            """{"licences": {"127.0.0.1": "CC0-1.0"}}""",
            TestContext.Current.CancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _errors.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pairs_OfADumpAndALocalSite_AreReadByTheLoader()
    {
        await PrepareAsync();

        await RunAsync(PairsTo("shards"));

        ShardRecord[] records = [.. RecordsOf("shards")];
        Assert.Equal(
            Enumerable.Range(0, Posts).Select(i => $"web-{i:D8}-1"),
            records.Where(record => record.Rejection is null).Select(record => record.Id)
        );
        Assert.Equal(
            new Dictionary<string, int>(StringComparer.Ordinal)
            {
                ["result shows no change"] = Posts,
                ["result answered 404"] = Posts,
                ["source is a near-duplicate of another's"] = 1,
                ["source is no PNG, JPEG or WebP"] = 1,
            },
            records
                .Where(record => record.Rejection is not null)
                .GroupBy(record => record.Rejection!.Reason, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal)
        );
        ShardRecord first = records[0];
        Assert.Equal((PairKinds.Web, "Remove the man number 0"), (first.Kind, first.Instructions[0]));
        Assert.Equal(
            (Url("0.png"), "CC0-1.0", "ann", "http://forum.test/r/p0"),
            (first.Origin!.Url, first.Origin.Licence, first.Origin.Author, first.Origin.Permalink)
        );
        Assert.Equal((Url("0-done.jpg"), "bob"), (first.TargetOrigin!.Url, first.TargetOrigin.Author));
        Assert.NotNull(first.TargetOrigin.FetchedAt);

        var recipe = new DataSourceRecipe
        {
            Kind = DataSourceKind.Ieiw,
            Path = _folder.Of("shards"),
            Weight = 1,
        };
        IEditDataset dataset = DatasetFactory.Open(recipe, 64);
        Assert.Equal(Posts, dataset.Count);
        EditSample sample = dataset.Read(0, Draw(RandomPurpose.Augmentation), Draw(RandomPurpose.Phrasing));
        Assert.Equal("Remove the man number 0", sample.Instruction);
        Assert.True(TestImages.MaxDifference(sample.Source, sample.Target) > 50);
    }

    [Fact]
    public async Task Pairs_Credits_NameWhoMadeThePictures()
    {
        await PrepareAsync();

        await RunAsync(PairsTo("shards"));

        string credits = await File.ReadAllTextAsync(
            _folder.Of("shards", "ATTRIBUTION.md"),
            TestContext.Current.CancellationToken
        );
        Assert.Contains(
            $"before: `ann`, `CC0-1.0`, <{Url("0.png")}>, posted at <http://forum.test/r/p0>",
            credits,
            StringComparison.Ordinal
        );
        Assert.Equal(Posts, credits.Split("- after: `bob`").Length - 1);
        Assert.DoesNotContain("same.jpg", credits, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pairs_AgainOrInterrupted_AreTheSameBytes()
    {
        await PrepareAsync();
        int asked = _site.AskedAtAll.Count;
        await RunAsync(PairsTo("whole"));

        // As a killed run leaves it: one shard lacking, another one half written.
        await RunAsync(PairsTo("torn"));
        File.Delete(_folder.Of("torn", "000001.tar"));
        File.Delete(_folder.Of("torn", "000002.tar"));
        await File.WriteAllTextAsync(_folder.Of("torn", "000002.tar.part"), "x", TestContext.Current.CancellationToken);
        await RunAsync(PairsTo("torn"));
        // On two machines.
        await RunAsync([.. PairsTo("parts"), "--shard", "2/2"]);
        await RunAsync([.. PairsTo("parts"), "--shard", "1/2"]);

        Dictionary<string, string> whole = HashesOf("whole");
        Assert.Equal(10, whole.Count); // 4 shards with their records, the manifest, the credits
        Assert.Equal(whole, HashesOf("torn"));
        Assert.Equal(whole, HashesOf("parts"));
        Assert.Equal(asked, _site.AskedAtAll.Count); // nothing of this needs the network
    }

    [Fact]
    public async Task Fetch_Interrupted_GoesOnWithWhatIsLeft()
    {
        var held = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        byte[] picture = Scenes.Png(Scenes.Of(53, 120, 90));
        _site.With(
            "/3.png",
            async http =>
            {
                reached.TrySetResult();
                await held.Task;
                http.Response.ContentType = "image/png";
                await http.Response.Body.WriteAsync(picture);
            }
        );
        await RunAsync(Import());
        using var stop = new CancellationTokenSource();

        Task<int> first = CommandLine.RunAsync(Fetch(), _errors, stop.Token);
        await reached.Task;
        await stop.CancelAsync();
        int code = await first;
        held.SetResult();
        int before = _site.Asked.Count;
        await RunAsync(Fetch());

        Assert.Equal(130, code);
        Assert.DoesNotContain("127.0.0.1/0.png", _site.Asked.Skip(before)); // it was there
        Assert.Contains("127.0.0.1/3.png", _site.Asked.Skip(before));
        Assert.Single(_site.AskedAtAll, "127.0.0.1/robots.txt");
    }

    [Fact]
    public async Task Pages_OfALocalSite_BecomeRequests()
    {
        _site.With(
            "/list/1",
            """
            <article><h1>Could you make the sky red?</h1><img class="before" src="/0.png">
            <div class="answer"><img src="/0-done.jpg"></div></article><a rel="next" href="/list/2">on</a>
            """,
            "text/html"
        );
        _site.With(
            "/list/2",
            "<article><h1>Remove the dog</h1></article><a rel=next href=/list/1>round</a>",
            "text/html"
        );
        await File.WriteAllLinesAsync(
            _folder.Of("urls.txt"),
            [Url("list/1"), "ftp://127.0.0.1/x", "http://10.0.0.1/x"],
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            _folder.Of("rules.json"),
            """
            {
              "licences": {"127.0.0.1": "CC0-1.0"},
              "pages": [{"host": "127.0.0.1", "request": "article", "source": "img.before@src", "result": ".answer", "next": "a[rel=next]@href"}]
            }
            """,
            TestContext.Current.CancellationToken
        );

        await RunAsync(["construct", "web", "pages", _folder.Of("urls.txt"), .. Rules(), .. Network()]);

        string requests = await File.ReadAllTextAsync(
            _folder.Of("requests.jsonl"),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("\"instruction\":\"Make the sky red\"", requests, StringComparison.Ordinal);
        Assert.Single(requests.TrimEnd().Split('\n'));
        using JsonDocument report = JsonDocument.Parse(
            await File.ReadAllBytesAsync(
                _folder.Of("requests.jsonl.report.json"),
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(
            ["no http or https address", "no picture to change", "page does not lead to the public internet"],
            report
                .RootElement.GetProperty("rejected")
                .EnumerateArray()
                .Select(reason => reason.GetProperty("reason").GetString()!)
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("--user-agent", "Mozilla/5.0", "must say whom to write to")]
    [InlineData("--delay", "0", "--delay")]
    [InlineData("--allow-network", "everything", "--allow-network")]
    public async Task Fetch_OptionThatMakesNoSense_IsRefused(string name, string value, string said)
    {
        string[] arguments = [.. Fetch()];
        int at = Array.IndexOf(arguments, name);
        string[] wrong =
            at < 0 ? [.. arguments, name, value] : [.. arguments[..(at + 1)], value, .. arguments[(at + 2)..]];

        int code = await CommandLine.RunAsync(wrong, _errors, TestContext.Current.CancellationToken);

        Assert.Equal(2, code);
        Assert.Contains(said, _errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(_site.AskedAtAll);
    }

    private async Task PrepareAsync()
    {
        await RunAsync(Import());
        await RunAsync(Fetch());
    }

    private async Task RunAsync(IEnumerable<string> arguments)
    {
        int code = await CommandLine.RunAsync([.. arguments], _errors, TestContext.Current.CancellationToken);
        Assert.True(code == 0, _errors.ToString());
    }

    private string[] Import() => ["construct", "web", "posts", _folder.Of("posts.jsonl"), .. Rules()];

    private string[] Fetch() => ["construct", "web", "fetch", _folder.Of("requests.jsonl"), .. Network()];

    private string[] PairsTo(string folder) =>
        [
            "construct",
            "web",
            "pairs",
            _folder.Of("requests.jsonl"),
            "--cache",
            _folder.Of("cache"),
            "--out",
            _folder.Of(folder),
            "--least-side",
            "64",
            "--shard-items",
            "2",
        ];

    private string[] Rules() => ["--rules", _folder.Of("rules.json"), "--out", _folder.Of("requests.jsonl")];

    // Real time passes here: a thousandth of a second between two requests.
    private string[] Network() =>
        [
            "--cache",
            _folder.Of("cache"),
            "--user-agent",
            Crawler,
            "--delay",
            "0.001",
            "--allow-network",
            "127.0.0.1/32",
        ];

    private IEnumerable<ShardRecord> RecordsOf(string folder) =>
        Enumerable
            .Range(0, StageManifest.Read(_folder.Of(folder)).Shards)
            .SelectMany(shard => ShardRecords.Read(new ShardFile(_folder.Of(folder), shard)));

    private Dictionary<string, string> HashesOf(string folder) =>
        Directory
            .GetFiles(_folder.Of(folder))
            .ToDictionary(
                file => Path.GetFileName(file),
                file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))),
                StringComparer.Ordinal
            );

    private static CounterRandom Draw(RandomPurpose purpose) => new(23, purpose, 0);

    private string Url(string path) => $"http://127.0.0.1:{_site.Port}/{path}";

    private string Post(int number, string source, params string[] results)
    {
        var comments = results.Select(
            (result, i) =>
                new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["id"] = $"c{i}",
                    ["author"] = "bob",
                    ["body"] = Url(result),
                    ["score"] = 50 - i,
                }
        );
        return JsonSerializer.Serialize(
            new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["id"] = $"p{number}",
                ["title"] = $"Can someone remove the man number {number}?",
                ["permalink"] = $"http://forum.test/r/p{number}",
                ["url"] = Url(source),
                ["author"] = "ann",
                ["comments"] = comments,
            }
        );
    }
}
