using Spectre.Console;

namespace InstructDiffusion.Cli.Progress;

/// <summary>Chooses how progress is shown and keeps it on the screen while work runs.</summary>
internal static class ProgressDisplay
{
    public static async Task<T> RunAsync<T>(Terminal terminal, ProgressUnit unit, Func<IProgressBoard, Task<T>> work)
    {
        if (terminal.Live is not { } console)
        {
            return await work(new PlainProgressBoard(terminal.Error, terminal.Time));
        }
        return await console
            .Progress()
            .AutoClear(false)
            .Columns(LiveProgressBoard.ColumnsFor(unit))
            .StartAsync(context => work(new LiveProgressBoard(console, context)));
    }
}
