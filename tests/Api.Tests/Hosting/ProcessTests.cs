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
}
