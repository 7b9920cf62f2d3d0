using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Theory]
    [InlineData("edit", "--text-guidance-scale")]
    [InlineData("pull", "--token-env")]
    [InlineData("inspect", "--json")]
    [InlineData("convert", "--norm-groups")]
    public async Task Run_Help_GoesToStandardOutput(string verb, string expected)
    {
        int code = await RunAsync(verb, "--help");

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains(expected, _terminal.Out, StringComparison.Ordinal);
        Assert.Empty(_terminal.Error);
    }

    [Fact]
    public async Task Run_NoVerb_IsAUsageError()
    {
        int code = await RunAsync();

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--help", _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_terminal.Out);
    }

    [Fact]
    public async Task Run_UnknownOption_NamesIt()
    {
        int code = await RunAsync("pull", "me/model", "--fast");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--fast", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NumberThatIsNone_NamesTheOption()
    {
        int code = await RunAsync("pull", "me/model", "--jobs", "many");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--jobs", _terminal.Error, StringComparison.Ordinal);
        Assert.Contains("many", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UsageExceptionFromAVerb_GivesTheUsageCodeAndOneLine()
    {
        int code = await RunAsync("pull", "me/model", "--jobs", "99");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal("error: --jobs must be between 1 and 16, got 99", _terminal.Error.Trim());
    }

    [Fact]
    public async Task Run_Failure_GivesOneLineUnlessVerbose()
    {
        using var verbose = new TestTerminal();
        string[] edit = ["edit", "--model", "m", "--input", "missing.png", "--instruction", "x"];

        int code = await RunAsync(edit);
        await CommandLine.RunAsync(
            [.. edit, "--verbose"],
            verbose.Terminal,
            NoModel,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal("error: --input: there is no file 'missing.png'", _terminal.Error.Trim());
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_GivesTheShellsCode()
    {
        using var folder = new TempFolder();

        int code = await CommandLine.RunAsync(
            ["pull", "me/model", "--endpoint", "http://127.0.0.1:9", "--output", folder.Path],
            _terminal.Terminal,
            NoModel,
            new CancellationToken(canceled: true)
        );

        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Equal("cancelled", _terminal.Error.Trim());
    }

    private Task<int> RunAsync(params string[] args) =>
        CommandLine.RunAsync(args, _terminal.Terminal, NoModel, TestContext.Current.CancellationToken);

    private static LoadedModel NoModel(ModelLoadOptions options, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("No model in this test.");
}
