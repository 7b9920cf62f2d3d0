using System.CommandLine;
using System.CommandLine.Invocation;
using InstructDiffusion.Cli.Checkpoints;
using InstructDiffusion.Cli.Edit;
using InstructDiffusion.Cli.Keys;
using InstructDiffusion.Cli.Pull;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Cli;

/// <summary>The whole program as one function: arguments in, exit code out.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(
        string[] args,
        Terminal terminal,
        OpenModel openModel,
        CancellationToken cancellationToken
    )
    {
        var verbose = new Option<bool>("--verbose")
        {
            Description = "Print the stack trace of an error.",
            Recursive = true,
        };
        var root = new RootCommand("Edits pictures by instruction, handles the models that do it, and makes keys.")
        {
            new EditCommand(terminal, openModel),
            new PullCommand(terminal),
            new InspectCommand(terminal),
            new ConvertCommand(terminal),
            new KeyCommand(terminal),
            verbose,
        };
        ParseResult parse = root.Parse(args);
        if (parse.Action is ParseErrorAction)
        {
            foreach (string message in parse.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
            {
                await terminal.Error.WriteLineAsync($"error: {message}");
            }
            string verb = parse.CommandResult.Command is RootCommand ? "" : $" {parse.CommandResult.Command.Name}";
            await terminal.Error.WriteLineAsync($"Run '{RootCommand.ExecutableName}{verb} --help' for the options.");
            return ExitCode.Usage;
        }
        return await InvokeAsync(parse, terminal, parse.GetValue(verbose), cancellationToken);
    }

    private static async Task<int> InvokeAsync(
        ParseResult parse,
        Terminal terminal,
        bool verbose,
        CancellationToken cancellationToken
    )
    {
        var configuration = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are Program's: a download needs no two-second ultimatum to keep its partial file.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parse.InvokeAsync(configuration, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await terminal.Error.WriteLineAsync("cancelled");
            return ExitCode.Cancelled;
        }
#pragma warning disable CA1031 // The program's outermost frame: every failure becomes one line and an exit code.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await terminal.Error.WriteLineAsync($"error: {Describe(failure)}");
            if (verbose)
            {
                await terminal.Error.WriteLineAsync(failure.ToString());
            }
            return failure is UsageException or InvalidEditException ? ExitCode.Usage : ExitCode.Failed;
        }
    }

    private static string Describe(Exception failure) =>
        failure switch
        {
            InvalidEditException invalid => $"--{invalid.Parameter.Replace('_', '-')} {invalid.Reason}",
            CommandException or IOException or UnauthorizedAccessException or NotSupportedException => failure.Message,
            _ when failure.GetType().Namespace?.StartsWith("InstructDiffusion.", StringComparison.Ordinal) == true =>
                failure.Message,
            // A kind nobody foresaw: its name is part of what a bug report needs.
            _ => $"{failure.GetType().Name}: {failure.Message}",
        };
}
