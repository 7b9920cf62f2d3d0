using Spectre.Console;

namespace InstructDiffusion.Cli.Progress;

/// <summary>Progress as moving bars with rate and time left.</summary>
internal sealed class LiveProgressBoard(IAnsiConsole console, ProgressContext context) : IProgressBoard
{
    public IProgressTask Begin(string name, long? total, ProgressUnit unit)
    {
        ProgressTask bar = context.AddTask(Markup.Escape(name), maxValue: total ?? 1);
        bar.IsIndeterminate = total is null;
        return new Bar(bar, isSized: total is not null);
    }

    public void Say(string line) => console.WriteLine(line);

    /// <summary>Bars for bytes show size and speed, bars for steps only how many.</summary>
    public static ProgressColumn[] ColumnsFor(ProgressUnit unit) =>
        unit == ProgressUnit.Bytes
            ?
            [
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn { Base = FileSizeBase.Decimal },
                new TransferSpeedColumn { Base = FileSizeBase.Decimal },
                new RemainingTimeColumn(),
            ]
            :
            [
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new ElapsedTimeColumn(),
                new RemainingTimeColumn(),
            ];

    private sealed class Bar(ProgressTask bar, bool isSized) : IProgressTask
    {
        public void Report(long done)
        {
            if (!isSized)
            {
                bar.MaxValue = done + 1;
            }
            bar.Value = done;
        }

        public void Complete()
        {
            bar.IsIndeterminate = false;
            bar.Value = bar.MaxValue;
            bar.StopTask();
        }
    }
}
