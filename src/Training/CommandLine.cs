using System.CommandLine;
using System.CommandLine.Invocation;
using InstructDiffusion.Training.Commands;

namespace InstructDiffusion.Training;

/// <summary>The whole host as one function: arguments in, exit code out.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Usage = 2;
    private const int Stopped = 130; // as a shell counts a program ended by Ctrl-C

    public static async Task<int> RunAsync(string[] args, TextWriter error, CancellationToken stop)
    {
        var verbose = new Option<bool>("--verbose")
        {
            Description = "Print the stack trace of an error.",
            Recursive = true,
        };
        var root = new RootCommand("Trains the models, makes their data and measures them.")
        {
            TrainCommand.Autoencoder(),
            TrainCommand.Adapt(),
            TrainCommand.Task(),
            ExportCommand.Create(),
            PlanCommand.Create(),
            MeasureCommand.Create(),
            CurvesCommand.Create(),
            DataCommand.Create(),
            ConstructCommand.Create(),
            ScoreCommand.Create(),
            AlignCommand.Create(),
            EvaluateCommand.Create(),
            verbose,
        };
        ParseResult parse = root.Parse(args);
        if (parse.Action is ParseErrorAction)
        {
            foreach (string message in parse.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal))
            {
                await error.WriteLineAsync($"error: {message}");
            }
            return Usage;
        }
        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // signals are Program's: a checkpoint may take longer than two seconds
            };
            return await parse.InvokeAsync(configuration, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await error.WriteLineAsync("stopped");
            return Stopped;
        }
#pragma warning disable CA1031 // The program's outermost frame: every failure becomes one line and an exit code.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"error: {failure.Message}");
            if (parse.GetValue(verbose))
            {
                await error.WriteLineAsync(failure.ToString());
            }
            return failure is Recipes.RecipeException ? Usage : Failed;
        }
    }
}
