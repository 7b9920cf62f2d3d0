using System.CommandLine;
using InstructDiffusion.Server.Load.Commands;

namespace InstructDiffusion.Server.Load;

/// <summary>The whole program as one function: arguments in, exit code out. Results go to output, progress to error.</summary>
internal static class LoadProgram
{
    // No Program.cs: its class would be the server's Program to whoever knows both.
    private static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error);

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Puts a server under load, and measures what it adds to the engine's time.")
        {
            new RunCommand(),
            new ServeCommand(),
            new OverheadCommand(),
        };
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
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
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            await error.WriteLineAsync($"error: {failure.Message}");
            return 1;
        }
    }
}
