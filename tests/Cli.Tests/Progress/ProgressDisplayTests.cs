using InstructDiffusion.Cli.Progress;
using Spectre.Console;

namespace InstructDiffusion.Cli.Tests.Progress;

public sealed class ProgressDisplayTests
{
    [Fact]
    public async Task Run_NoTerminal_WritesPlainLines()
    {
        using var terminal = new TestTerminal();

        int result = await ProgressDisplay.RunAsync(terminal.Terminal, ProgressUnit.Bytes, Work);

        Assert.Equal(7, result);
        string[] lines = terminal.Error.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );
        Assert.Equal("[file] 1: 2.00 MB", lines[0]);
        Assert.Equal("a remark", lines[1]);
        Assert.StartsWith("[file] 1: done, 2.00 MB in ", lines[2], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public async Task Run_Terminal_DrawsBarsAndKeepsRemarks()
    {
        using var terminal = new TestTerminal();
        using var screen = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                Out = new AnsiConsoleOutput(screen),
            }
        );
        console.Profile.Width = 120;

        int result = await ProgressDisplay.RunAsync(
            terminal.Terminal with
            {
                Live = console,
            },
            ProgressUnit.Bytes,
            Work
        );

        Assert.Equal(7, result);
        Assert.Contains("a remark", screen.ToString(), StringComparison.Ordinal);
        Assert.Contains("[file] 1", screen.ToString(), StringComparison.Ordinal);
        Assert.Contains("━", screen.ToString(), StringComparison.Ordinal);
        Assert.Empty(terminal.Error);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(12_340, "12.3 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_999, "1.00 MB")]
    [InlineData(4_270_000_000, "4.27 GB")]
    public void Text_Bytes_HasThreeDigits(double bytes, string expected) =>
        Assert.Equal(expected, ByteCount.Text(bytes));

    private static Task<int> Work(IProgressBoard board)
    {
        IProgressTask task = board.Begin("[file] 1", 2_000_000, ProgressUnit.Bytes);
        task.Report(1_000_000);
        board.Say("a remark");
        task.Report(2_000_000);
        task.Complete();
        return Task.FromResult(7);
    }
}
