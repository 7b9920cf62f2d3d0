using InstructDiffusion.Api.Tests.Observability;
using InstructDiffusion.Server.Load;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Bench;

/// <summary>
/// The load generator as its users start it, against a server of this process; what it measures is not looked at. Beside no other
/// server: /metrics counts for all of a process, also downwards when one of them ends.
/// </summary>
[Collection(nameof(TelemetryTests))]
public sealed class LoadProgramTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Run_AgainstAServer_TellsWhatBecameOfEveryRequest()
    {
        using var folder = new TempFolder();
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();
        app.Pipeline.OnStep = _ => Thread.Sleep(1);

        int code = await RunAsync(
            "run",
            "--url",
            app.Address.ToString(),
            "--phase",
            "40:1",
            "20:1",
            "--steps",
            "1-6",
            "--size",
            "64x64",
            "128x64",
            "--leaving",
            "0.2",
            "--side",
            "32",
            "--output",
            folder.Path
        );

        Assert.Equal(0, code);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(folder.Path, "requests.csv"), TestEnd);
        string report = await File.ReadAllTextAsync(Path.Combine(folder.Path, "report.md"), TestEnd);
        Assert.InRange(lines.Length - 1, 20, 120);
        Assert.All(lines, line => Assert.Equal(lines[0].Split(',').Length, line.Split(',').Length));
        Assert.Contains("| 200 |", report, StringComparison.Ordinal);
        Assert.Contains("2: 20 a second for 1 s", report, StringComparison.Ordinal);
        Assert.Matches(@"Rows a step: [1-9]", report);
        Assert.Matches("memory: [1-9][0-9]+ MiB at first", report);
        Assert.Equal(report, _output.ToString());
        await ApiApplication.Until(() => app.Pipeline.Disposed == app.Pipeline.Prepared);
        Assert.Empty(app.Pipeline.Breaches);
    }

    [Fact]
    public async Task Run_PoliteClientsOnAFullServer_ComeBackAndAreTaken()
    {
        using var folder = new TempFolder();
        await using var app = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" },
        };
        (await app.StartAsync()).Dispose();
        app.Pipeline.OnStep = _ => Thread.Sleep(20);

        int code = await RunAsync(
            "run",
            "--url",
            app.Address.ToString(),
            "--phase",
            "30:1",
            "--steps",
            "2-4",
            "--size",
            "64x64",
            "--side",
            "32",
            "--polite",
            "--output",
            folder.Path
        );

        Assert.Equal(0, code);
        Assert.Contains("returns after `Retry-After`", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overhead_FewEdits_PrintsItsTable()
    {
        int code = await RunAsync("overhead", "--edits", "5", "--side", "64");

        Assert.Equal(0, code);
        Assert.Contains("- 5 edits of a 64x64 PNG", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("| the rest: the server's own |", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--phase", "fast")]
    [InlineData("run", "--steps", "50-5")]
    [InlineData("run", "--leaving", "2")]
    [InlineData("run", "--caller", "key")]
    [InlineData("overhead", "--limit-ms", "-1")]
    [InlineData("fly")]
    public async Task Run_WrongArguments_AreRefused(params string[] args) => Assert.NotEqual(0, await RunAsync(args));

    private Task<int> RunAsync(params string[] args) => LoadProgram.RunAsync(args, _output, _error);
}
