using System.Diagnostics;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Api.Tests.Hosting;

/// <summary>The program as users start it: a process of its own, with the small reference model, on a free port.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public int ExitCode => _process.ExitCode;

    public HttpClient NewClient() => new() { BaseAddress = Address, Timeout = ApiApplication.Patience };

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="settings">Settings that differ, as in the environment.</param>
    /// <param name="limits">Commands of a shell that run before it, in its process.</param>
    public static async Task<ServerProcess> StartAsync(IDictionary<string, string> settings, string? limits = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Api.dll");
        ProcessStartInfo start = limits is null
            ? new ProcessStartInfo("dotnet", [program])
            : new ProcessStartInfo("bash", ["-c", $"{limits}; exec dotnet \"$0\"", program]);
        start.WorkingDirectory = Path.GetTempPath();
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["Engine__Path"] = ModelLoader.ReferenceModelPath;
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }
        var server = new ServerProcess(
            Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start")
        );
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        server.Address = new Uri(await server.ListeningAddressAsync(patience.Token));
        return server;
    }

    /// <summary>Waits until the model is loaded.</summary>
    public async Task ReadyAsync()
    {
        using HttpClient client = NewClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        while (true)
        {
            using HttpResponseMessage ready = await client.GetAsync("/health/ready", patience.Token);
            if (ready.IsSuccessStatusCode)
            {
                return;
            }
            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>Ends it as a power failure would: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends the signal of a service manager.</summary>
    public async Task SignalAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks it to end, as a service manager would, and waits until it has.</summary>
    public async Task TerminateAsync()
    {
        await SignalAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private async Task<string> ListeningAddressAsync(CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                // Nobody must be left writing into a full pipe.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return match.Value;
            }
        }
        throw new InvalidOperationException("The server ended before it listened.");
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Listening();
}
