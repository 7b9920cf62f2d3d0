using Spectre.Console;

namespace InstructDiffusion.Cli;

/// <summary>Where one run writes: values to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>The console on standard error that can draw moving bars; null when it is a file or a pipe: plain lines then.</summary>
    public IAnsiConsole? Live { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own standard streams.</summary>
    public static Terminal OfProcess()
    {
        var terminal = new Terminal { Out = Console.Out, Error = Console.Error };
        if (Console.IsErrorRedirected)
        {
            return terminal;
        }
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
        );
        bool canDraw = console.Profile.Capabilities is { Ansi: true, Interactive: true };
        return canDraw ? terminal with { Live = console } : terminal;
    }
}
