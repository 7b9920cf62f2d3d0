using System.Diagnostics;
using System.Text.Json;

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

    [Fact]
    public async Task Stop_WhileTheModelLoads_EndsCleanly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "SIGTERM is a thing of Unix.");
        using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>());

        await server.TerminateAsync();

        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task Stop_AskedTwice_AnswersWhatIsLeftAndEndsAtOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "SIGTERM is a thing of Unix.");
        using ServerProcess server = await ServerProcess.StartAsync(
            new Dictionary<string, string> { ["Server__DrainSeconds"] = "600", ["Server__ShutdownSeconds"] = "3600" }
        );
        await server.ReadyAsync();
        using HttpClient client = server.NewClient();
        // Far more than the patience of this test, even for so small a model.
        using HttpRequestMessage edit = EditRequests.Good(("steps", "500"), ("size", "1024x1024"));
        Task<HttpResponseMessage> edited = client.SendAsync(edit, TestContext.Current.CancellationToken);
        await WaitUntilRunningAsync(client);

        await server.SignalAsync();
        await WaitUntilUnreadyAsync(client);
        Assert.False(edited.IsCompleted);
        await server.TerminateAsync();
        using HttpResponseMessage response = await edited;

        await response.ProblemAsync(503, "not_ready");
        Assert.Equal(0, server.ExitCode);
    }

    private static Task WaitUntilRunningAsync(HttpClient client) =>
        UntilAsync(client, report => report.GetProperty("running").GetInt32() == 1);

    private static Task WaitUntilUnreadyAsync(HttpClient client) =>
        UntilAsync(client, report => report.GetProperty("status").GetString() == "not_ready");

    private static async Task UntilAsync(HttpClient client, Func<JsonElement, bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        while (true)
        {
            using HttpResponseMessage ready = await client.GetAsync("/health/ready", patience.Token);
            if (condition(await ready.JsonAsync()))
            {
                return;
            }
            await Task.Delay(20, patience.Token);
        }
    }
}
