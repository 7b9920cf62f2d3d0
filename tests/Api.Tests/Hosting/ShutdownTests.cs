using System.Text.Json;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InstructDiffusion.Api.Tests.Hosting;

public sealed class ShutdownTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_UnderLoad_TurnsUnreadyServesWhileDrainingAndFinishesWhatItAccepted()
    {
        await using var app = new ApiApplication { Settings = { ["Server:DrainSeconds"] = "2" } };
        using HttpClient client = await app.StartAsync();
        EngineLoop engine = app.Engine;
        app.Pipeline.Permits = new SemaphoreSlim(0);
        List<Task<HttpResponseMessage>> edits =
        [
            .. Enumerable.Range(0, 6).Select(_ => client.SendAsync(EditRequests.Good(), TestEnd)),
        ];
        await ApiApplication.Until(() => engine.Status is { Running: 1, Waiting: > 0 } || app.Pipeline.Prepared > 1);

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        edits.Add(client.SendAsync(EditRequests.Good(), TestEnd));
        await ApiApplication.Until(() => app.Pipeline.Prepared > 1 && engine.Status.Waiting >= 5);
        app.Pipeline.Permits.Release(1000);
        HttpResponseMessage[] responses = await Task.WhenAll(edits);
        await ApiApplication.Until(() => engine.Status.Phase == EnginePhase.Stopped);

        Assert.Equal(503, (int)ready.StatusCode);
        JsonElement report = await ready.JsonAsync();
        Assert.Equal("The server is stopping.", report.GetProperty("reasons")[0].GetString());
        Assert.All(responses, response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal(app.Pipeline.Prepared, app.Pipeline.Disposed);
        Array.ForEach(responses, response => response.Dispose());
    }
}
