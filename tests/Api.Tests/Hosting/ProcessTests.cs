using System.Diagnostics;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Api.Tests.Hosting;

/// <summary>The program as users start it: a process of its own.</summary>
public sealed partial class ProcessTests
{
    [Fact]
    public async Task Start_FromAnotherFolder_FindsItsSettingsHonoursUrlsAndStopsCleanly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "SIGTERM is a thing of Unix.");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        using Process server = Start(Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Api.dll"));
        try
        {
            string address = await ListeningAddress(server, patience.Token);
            using var client = new HttpClient { BaseAddress = new Uri(address) };

            using HttpResponseMessage live = await client.GetAsync("/health/live", patience.Token);
            using HttpResponseMessage ready = await client.GetAsync("/health/ready", patience.Token);
            using Process kill = Process.Start("kill", ["-TERM", $"{server.Id}"]);
            await server.WaitForExitAsync(patience.Token);

            Assert.Equal(200, (int)live.StatusCode);
            Assert.Contains(
                "\"capacity\":32",
                await ready.Content.ReadAsStringAsync(patience.Token),
                StringComparison.Ordinal
            );
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill();
            }
        }
    }

    private static Process Start(string program)
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
            },
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    private static async Task<string> ListeningAddress(Process server, CancellationToken cancellationToken)
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

    [GeneratedRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Listening();
}
