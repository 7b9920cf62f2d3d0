using System.Diagnostics;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Training.Tests.Evaluation;

/// <summary>The server as users start it, with the reference model, on a free port of this machine.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    private readonly Process _process;

    private RunningServer(Process process, string address)
    {
        _process = process;
        Address = address;
    }

    public string Address { get; }

    /// <summary>Starts it and waits until it is ready; the test is skipped where the server is not built.</summary>
    /// <param name="threads">Of libtorch.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<RunningServer> StartAsync(string threads, CancellationToken cancellationToken)
    {
        string program = Path.GetFullPath(
            Path.Combine(AppContext.BaseDirectory, "../../Api", ConfigurationName, "InstructDiffusion.Api.dll")
        );
        Assert.SkipUnless(File.Exists(program), $"The server is not built: there is no {program}.");
        Process process = Start(program, threads);
        try
        {
            string address = await ListeningAddressAsync(process, cancellationToken);
            await ReadyAsync(address, cancellationToken);
            return new RunningServer(process, address);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    // artifacts/bin/PROJECT/CONFIGURATION_RUNTIME, the same for every program of one build
    private static string ConfigurationName =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private static Process Start(string program, string threads)
    {
        var start = new ProcessStartInfo("dotnet", [program])
        {
            WorkingDirectory = Path.GetTempPath(),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Engine__Path"] = ModelLoader.ReferenceModelPath,
                ["Engine__Threads"] = threads,
            },
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    private static async Task<string> ListeningAddressAsync(Process server, CancellationToken cancellationToken)
    {
        while (await server.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                // Nobody must be left writing into a full pipe.
                _ = server.StandardOutput.ReadToEndAsync(cancellationToken);
                return match.Value;
            }
        }
        throw new InvalidOperationException("The server ended before it listened.");
    }

    private static async Task ReadyAsync(string address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        while (true)
        {
            using HttpResponseMessage ready = await client.GetAsync($"{address}/health/ready", cancellationToken);
            if (ready.IsSuccessStatusCode)
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Listening();
}
