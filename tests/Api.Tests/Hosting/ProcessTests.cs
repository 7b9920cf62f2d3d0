using System.Diagnostics;

namespace InstructDiffusion.Api.Tests.Hosting;

public sealed class ProcessTests
{
    [Fact]
    public async Task Start_FromAnotherFolder_FindsItsSettingsHonoursUrlsAndStopsCleanly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "SIGTERM is a thing of Unix.");
        using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>());
        using HttpClient client = server.NewClient();

        using HttpResponseMessage live = await client.GetAsync("/health/live", TestContext.Current.CancellationToken);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        await server.TerminateAsync();

        Assert.Equal(200, (int)live.StatusCode);
        Assert.Contains(
            "\"capacity\":32",
            await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task Start_AsInTheContainerWithoutKeys_EndsAndTellsTheOperatorWhatToDo()
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Api.dll")]
        )
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["ASPNETCORE_HTTP_PORTS"] = "0", ["ASPNETCORE_URLS"] = "" },
        };
        using var server = Process.Start(start)!;

        Task<string> log = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await log;
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, server.ExitCode);
        Assert.StartsWith("The server would listen on ", error, StringComparison.Ordinal);
        Assert.Contains("Security__KeysFile", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
