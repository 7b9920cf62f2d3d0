using InstructDiffusion.Training.Reporting;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class ProgressTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Report_PlainOutput_HasALineEverySoOften()
    {
        var progress = new TrainingProgress(Plain(), firstStep: 100, totalSteps: 1000, _time);

        for (int step = 100; step < 200; step++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            progress.Report(StepRecords.Of(step));
        }
        progress.Complete();

        string[] lines = Lines();
        Assert.Equal(11, lines.Length); // 1, 11, … 91 s, and the end
        Assert.Equal(
            "step 101 of 1000 (10.1 %), loss 0.2500, 40.0 samples/s, waiting for data 13 %, 14 min 59 s left",
            lines[0]
        );
        Assert.StartsWith("step 111 of 1000 ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("step 200 of 1000 ", lines[^1], StringComparison.Ordinal);
        Assert.EndsWith(", 13 min 20 s left", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Report_LossThatIsNoNumber_IsShown()
    {
        var progress = new TrainingProgress(Plain(), firstStep: 0, totalSteps: 10, _time);
        progress.Report(StepRecords.Of(0));
        progress.Report(StepRecords.Of(1, loss: double.NaN));
        progress.Complete();

        Assert.Contains("step 2 of 10 (20.0 %), loss NaN, ", Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Report_SpeedThatChanges_FollowsTheLastMinute()
    {
        var progress = new WorkProgress(Plain(), "latents", "pictures", total: 100_000, _time, done: 1000);
        for (int second = 0; second < 600; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            progress.Advance(second < 300 ? 100 : 10);
        }
        progress.Complete();

        string[] lines = Lines();
        Assert.Equal("latents: 1100 of 100000 pictures (1.1 %), 100/s, 16 min 29 s left", lines[0]);
        Assert.StartsWith("latents: 33910 of 100000 pictures (33.9 %), 10.0/s, ", lines[^2], StringComparison.Ordinal);
        Assert.Equal("latents: 34000 pictures in 10 min 00 s", lines[^1]);
    }

    [Fact]
    public void Show_Terminal_DrawsOneLineThatFits()
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                Out = new AnsiConsoleOutput(_output),
            }
        );
        console.Profile.Width = 20;
        var line = new ProgressLine(TextWriter.Null, console, _time, TimeSpan.FromSeconds(10));

        line.Show("first state");
        line.Show("too soon");
        _time.Advance(TimeSpan.FromSeconds(1));
        line.Show("a state of more than twenty");
        line.Say("a remark");
        line.Finish("the end");

        const string Erase = "\r\e[K";
        Assert.Equal(
            $"{Erase}first state{Erase}a state of more tha{Erase}a remark\n{Erase}a state of more tha{Erase}the end\n",
            _output.ToString()
        );
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59.6, "1 min 00 s")]
    [InlineData(3725, "1 h 02 min")]
    [InlineData(90_000, "1 d 1 h")]
    [InlineData(1e300, "9999 d 0 h")]
    public void Text_Duration_HasTwoUnits(double seconds, string expected) =>
        Assert.Equal(expected, Duration.Text(seconds));

    private ProgressLine Plain() => new(_output, terminal: null, _time, TimeSpan.FromSeconds(10));

    private string[] Lines() => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
