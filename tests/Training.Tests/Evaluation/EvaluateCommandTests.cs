using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class EvaluateCommandTests : IDisposable
{
    private const string Threads = "2";

    private readonly DemoSources _sources = new();
    private readonly TempFolder _made = new();
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _sources.Dispose();
        _made.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task Autoencoder_WritesTheCeilings()
    {
        Assert.Equal(
            0,
            await RunAsync("--autoencoder", ModelLoader.ReferenceModelPath, "--out", _made.Path, "--count", "2")
        );

        JsonNode report = JsonNode.Parse(await ReadAsync(_made.Path, "report.json"))!;
        Assert.Equal(9, report["tasks"]!.AsArray().Count);
        Assert.Null(report["editor"]);
        Assert.NotNull(report["autoencoder_psnr"]!["value"]);
        Assert.Null(report["tasks"]![0]!["figures"]![0]!["model"]);
        string text = await ReadAsync(_made.Path, "report.md");
        Assert.Contains("| removal | PSNR | 2 | – |", text, StringComparison.Ordinal);
        Assert.Contains("![watermark](watermark.png)", text, StringComparison.Ordinal);
        string page = await ReadAsync(_made.Path, "report.html");
        Assert.Equal(9, page.Split("<img ").Length - 1);
        Assert.All(report["tasks"]!.AsArray(), task => Assert.True(File.Exists(_made.Of($"{task!["task"]}.png"))));
    }

    /// <summary>
    /// The server as users start it, and the same figures from it as from the model in this process. Both are told how many threads
    /// to take: libtorch adds up in an order that depends on it, and other tests of this process train with one.
    /// </summary>
    [Fact]
    public async Task Model_OverHttp_GivesTheSameReportAsInProcess()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        string[] what =
        [
            .. (string[])["--tasks", "removal", "keypoints", "--count", "2", "--steps", "2", "--resolution", "64"],
            .. (string[])["--threads", Threads],
        ];
        string inProcess = _made.Of("in_process");
        string overHttp = _made.Of("http");
        await using RunningServer server = await RunningServer.StartAsync(Threads, cancelled);
        string model = ModelLoader.ReferenceModelPath;

        Assert.Equal(0, await RunAsync(["--model", model, "--out", inProcess, .. what]));
        Assert.Equal(0, await RunAsync(["--model", model, "--url", server.Address, "--out", overHttp, .. what]));

        string expected = await ReadAsync(inProcess, "report.json");
        Assert.Equal(
            expected.Replace("\"in_process\"", "\"http\"", StringComparison.Ordinal),
            await ReadAsync(overHttp, "report.json")
        );
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(inProcess, "removal.png"), cancelled),
            await File.ReadAllBytesAsync(Path.Combine(overHttp, "removal.png"), cancelled)
        );
    }

    /// <summary>Started again it computes nothing; more settings and more seeds are computed alone, and go into the same table.</summary>
    [Fact]
    public async Task Sweep_TriesEverySetting_OnceOnly()
    {
        string[] sweep =
        [
            .. (string[])
                ["--model", ModelLoader.ReferenceModelPath, "--sweep", "--tasks", "denoise", "--out", _made.Path],
            .. (string[])
                ["--resolution", "64", "--count", "2", "--text-scale", "1", "--image-scale", "1", "--steps", "1"],
        ];

        Assert.Equal(0, await RunAsync([.. sweep, "2"]));

        string first = await ReadAsync(_made.Path, "report.json");
        string[] noted = File.ReadAllLines(_made.Of("items.jsonl"));
        JsonNode rows = JsonNode.Parse(first)!["sections"]![0]!["rows"]!;
        Assert.Equal(1 + (2 * 2), noted.Length);
        Assert.Equal([1, 2], rows.AsArray().Select(row => row!["settings"]!["steps"]!.GetValue<int>()).Order());
        Assert.True(rows[0]!["mean"]!.GetValue<double>() >= rows[1]!["mean"]!.GetValue<double>());
        string[] printed = [.. Rows(_output.ToString())];
        Assert.Equal(2, printed.Length);
        Assert.All(printed, row => Assert.Matches(@"PSNR \| -?[0-9.]+ dB \[", row));

        Assert.Equal(0, await RunAsync([.. sweep, "2"]));
        Assert.Equal(first, await ReadAsync(_made.Path, "report.json"));
        Assert.Equal(noted, File.ReadAllLines(_made.Of("items.jsonl")));

        Assert.Equal(0, await RunAsync([.. sweep, "--noise-seed", "7", "8", "9"]));
        JsonNode row = JsonNode.Parse(await ReadAsync(_made.Path, "report.json"))!["sections"]![0]!["rows"]![0]!;
        double[] trials =
        [
            .. row["trials"]!.AsArray().Select(t => t!["figures"]![0]!["model"]!["value"]!.GetValue<double>()),
        ];
        Assert.Equal([7, 8, 9], row["trials"]!.AsArray().Select(trial => trial!["noise_seed"]!.GetValue<int>()));
        Assert.Equal(trials.Average(), row["mean"]!.GetValue<double>(), 1e-9);
        Assert.Equal((trials.Min(), trials.Max()), (row["least"]!.GetValue<double>(), row["most"]!.GetValue<double>()));
        Assert.True(trials.Distinct().Count() > 1, "the noise makes no difference");
        Assert.Equal(noted.Length + (3 * 2), File.ReadAllLines(_made.Of("items.jsonl")).Length);
        Assert.Contains(" of 3) |", await ReadAsync(_made.Path, "report.md"), StringComparison.Ordinal);
        Assert.Contains("<table>", await ReadAsync(_made.Path, "report.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_EvaluatedAgain_ComputesNothingAndSaysTheSame()
    {
        string[] what =
        [
            .. (string[])["--model", ModelLoader.ReferenceModelPath, "--out", _made.Path, "--resolution", "64"],
            .. (string[])["--tasks", "segmentation", "denoise", "--steps", "1", "--count"],
        ];
        Assert.Equal(0, await RunAsync([.. what, "2"]));
        var whole = Reports();
        string[] noted = File.ReadAllLines(_made.Of("items.jsonl"));
        // As if it had been killed before the last pair.
        File.WriteAllLines(_made.Of("items.jsonl"), noted[..^1]);

        Assert.Equal(0, await RunAsync([.. what, "2"]));

        Assert.Equal(noted, File.ReadAllLines(_made.Of("items.jsonl")));
        Assert.Equal(whole, Reports());
        Assert.Equal(0, await RunAsync([.. what, "3"])); // more pairs: one more of each task
        Assert.Equal(noted.Length + 2, File.ReadAllLines(_made.Of("items.jsonl")).Length);
        var other = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync([.. what, "2", "--seed", "9"]));
        Assert.Contains("begun for something else", other.Message, StringComparison.Ordinal);

        Dictionary<string, string> Reports() =>
            Directory
                .GetFiles(_made.Path, "*", SearchOption.AllDirectories)
                .ToDictionary(file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
    }

    [Theory]
    [InlineData("give either --model or --autoencoder", "--out", "o")]
    [InlineData("give either --model or --autoencoder", "--out", "o", "--model", "m", "--autoencoder", "a")]
    [InlineData("--url and --sweep need --model", "--autoencoder", "a", "--out", "o", "--url", "http://x")]
    [InlineData("'--out' is required", "--model", "m")]
    [InlineData("are for --sweep", "--model", "m", "--out", "o", "--steps", "1", "2")]
    [InlineData("are for --sweep", "--model", "m", "--out", "o", "--noise-seed", "1", "2")]
    [InlineData("--count must be between 1 and 100000, got 0", "--model", "m", "--out", "o", "--count", "0")]
    [InlineData("--batch must be between 1 and 1024, got 0", "--model", "m", "--out", "o", "--batch", "0")]
    [InlineData("--threads must be between 1 and 1024, got 0", "--model", "m", "--out", "o", "--threads", "0")]
    [InlineData("dancing", "--model", "m", "--out", "o", "--tasks", "dancing")]
    [InlineData("train", "--model", "m", "--out", "o", "--split", "train")]
    public void Parse_WrongUse_IsNamed(string message, params string[] arguments)
    {
        ParseResult parse = EvaluateCommand.Create().Parse(["--data", "d", .. arguments]);

        Assert.Contains(parse.Errors, error => error.Message.Contains(message, StringComparison.Ordinal));
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        if (!Directory.Exists(_sources.Output))
        {
            _sources.Open();
        }
        ParseResult parse = EvaluateCommand.Create().Parse(["--data", _sources.Output, .. arguments]);
        Assert.Empty(parse.Errors);
        var configuration = new InvocationConfiguration { Output = _output, EnableDefaultExceptionHandler = false };
        return await parse.InvokeAsync(configuration, TestContext.Current.CancellationToken);
    }

    private static Task<string> ReadAsync(string folder, string name) =>
        File.ReadAllTextAsync(Path.Combine(folder, name), TestContext.Current.CancellationToken);

    private static IEnumerable<string> Rows(string output) =>
        output.Split('\n').Where(line => line.StartsWith("| denoise", StringComparison.Ordinal));
}
