using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed partial class EvaluateCommandTests : IDisposable
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
        string program = Path.GetFullPath(
            Path.Combine(AppContext.BaseDirectory, "../../Api", ConfigurationName, "InstructDiffusion.Api.dll")
        );
        Assert.SkipUnless(File.Exists(program), $"The server is not built: there is no {program}.");
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        string[] what =
        [
            .. (string[])["--tasks", "removal", "keypoints", "--count", "2", "--steps", "2", "--resolution", "64"],
            .. (string[])["--threads", Threads],
        ];
        string inProcess = _made.Of("in_process");
        string overHttp = _made.Of("http");
        using Process server = Start(program);
        try
        {
            string address = await ListeningAddressAsync(server, cancelled);
            await ReadyAsync(address, cancelled);
            string model = ModelLoader.ReferenceModelPath;

            Assert.Equal(0, await RunAsync(["--model", model, "--out", inProcess, .. what]));
            Assert.Equal(0, await RunAsync(["--model", model, "--url", address, "--out", overHttp, .. what]));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }

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

    [Fact]
    public async Task Sweep_PrintsTheBestFirst()
    {
        string[] grid = ["--steps", "1", "2", "--text-scale", "1", "--image-scale", "1", "--count", "2"];

        Assert.Equal(
            0,
            await RunAsync([
                "--model",
                ModelLoader.ReferenceModelPath,
                "--sweep",
                "--tasks",
                "denoise",
                "--resolution",
                "64",
                .. grid,
            ])
        );

        string[] rows =
        [
            .. _output.ToString().Split('\n').Where(line => line.StartsWith("| denoise", StringComparison.Ordinal)),
        ];
        double[] values =
        [
            .. rows.Select(row =>
                double.Parse(Decibels().Match(row).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
            ),
        ];
        Assert.Equal(2, values.Length);
        Assert.True(values[0] >= values[1]);
    }

    [Theory]
    [InlineData("give either --model or --autoencoder", "--out", "o")]
    [InlineData("give either --model or --autoencoder", "--out", "o", "--model", "m", "--autoencoder", "a")]
    [InlineData("--url and --sweep need --model", "--autoencoder", "a", "--out", "o", "--url", "http://x")]
    [InlineData("'--out' is required", "--model", "m")]
    [InlineData("are for --sweep", "--model", "m", "--out", "o", "--steps", "1", "2")]
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

    // artifacts/bin/PROJECT/CONFIGURATION_RUNTIME, the same for every program of one build
    private static string ConfigurationName =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

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

    private static Process Start(string program)
    {
        var start = new ProcessStartInfo("dotnet", [program])
        {
            WorkingDirectory = Path.GetTempPath(),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Engine__Path"] = ModelLoader.ReferenceModelPath,
                ["Engine__Threads"] = Threads,
            },
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    private static async Task<string> ListeningAddressAsync(Process server, CancellationToken cancellationToken)
    {
        while (await server.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                // Nobody must be left writing into a full pipe.
                _ = server.StandardOutput.ReadToEndAsync(cancellationToken);
                return match.Value;
            }
        }
        throw new InvalidOperationException("The server ended before it listened.");
    }

    private static async Task ReadyAsync(string address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        while (true)
        {
            using HttpResponseMessage ready = await client.GetAsync($"{address}/health/ready", cancellationToken);
            if (ready.IsSuccessStatusCode)
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Listening();

    [GeneratedRegex(@"PSNR \| (-?[0-9.]+) dB")]
    private static partial Regex Decibels();
}
