using System.Net.Sockets;
using System.Text.Json;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Hosting;

public sealed class ShutdownTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_UnderLoad_TurnsUnreadyServesWhileDrainingAndFinishesWhatItAccepted()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Settings = { ["Server:DrainSeconds"] = "2" } };
        using HttpClient client = await app.StartAsync();
        Uri address = app.Address;
        app.Pipeline.Permits = new SemaphoreSlim(0);
        List<Task<HttpResponseMessage>> edits =
        [
            .. Enumerable.Range(0, 6).Select(_ => client.SendAsync(EditRequests.Good(), TestEnd)),
        ];
        await ApiApplication.Until(() => InFlight(app) == 6);

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        edits.Add(client.SendAsync(EditRequests.Good(), TestEnd));
        await ApiApplication.Until(() => InFlight(app) == 7);
        // The drain's clock may not run yet: it is moved on until the drain is seen to be over.
        await ApiApplication.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Refuses(address);
        });
        app.Pipeline.Permits.Release(1000);
        HttpResponseMessage[] responses = await Task.WhenAll(edits);
        await ApiApplication.Until(() => app.Engine.Status.Phase == EnginePhase.Stopped);

        Assert.Equal(503, (int)ready.StatusCode);
        JsonElement report = await ready.JsonAsync();
        Assert.Equal("The server is stopping.", report.GetProperty("reasons")[0].GetString());
        Assert.All(responses, response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal(app.Pipeline.Prepared, app.Pipeline.Disposed);
        Array.ForEach(responses, response => response.Dispose());
    }

    /// <summary>Edits that were accepted and are not done.</summary>
    private static int InFlight(ApiApplication app) => app.Pipeline.Prepared - app.Pipeline.Disposed + app.Queue.Count;

    private static bool Refuses(Uri address)
    {
        try
        {
            using var client = new TcpClient(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
