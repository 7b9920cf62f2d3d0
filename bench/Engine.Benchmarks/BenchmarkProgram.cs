using System.CommandLine;
using InstructDiffusion.Engine.Benchmarks.Commands;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Engine.Benchmarks;

/// <summary>The whole program as one function: arguments in, exit code out. Results go to output, progress to error.</summary>
internal static class BenchmarkProgram
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Times the engine's parts beside the machine's ceiling, and checks its memory.")
        {
            new MakeModelCommand(),
            new RunCommand(),
            new KernelsCommand(),
            new EditCommand(),
            new SoakCommand(),
        };
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // One operation of libtorch can take this long, and nothing stops it; then temporary models are deleted.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(2),
        };
        try
        {
            return await root.Parse(args).InvokeAsync(configuration);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("cancelled");
            return 130; // 128 + SIGINT
        }
        catch (Exception e) when (e is IOException or InvalidEditException or ModelLoadException)
        {
            await error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
    }
}
