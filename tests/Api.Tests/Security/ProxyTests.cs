using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Callers.Metering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class ProxyTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    // Nobody is believed unless named.
    [InlineData(null, "203.0.113.7", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "127.0.0.1")]
    // The proxy is this machine: what it says of its client counts.
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    // What the client itself wrote before stands to the left, and is not believed.
    [InlineData("127.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7")]
    // Two proxies in a row, both known.
    [InlineData("127.0.0.1 10.0.0.0/8", "203.0.113.7, 10.1.2.3", "203.0.113.7")]
    public async Task Request_ThroughProxies_IsOfTheLastAddressThatAKnownOneNames(
        string? known,
        string forwardedFor,
        string expected
    )
    {
        var addresses = new RemoteAddresses();
        await using var app = new ApiApplication
        {
            Adapted = services => services.AddSingleton<IStartupFilter>(addresses),
        };
        string[] proxies = known?.Split(' ') ?? [];
        for (int i = 0; i < proxies.Length; i++)
        {
            app.Settings[$"Security:KnownProxies:{i}"] = proxies[i];
        }
        using HttpClient client = await app.StartUnreadyAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Forwarded-For", forwardedFor);

        (await client.SendAsync(request, TestEnd)).Dispose();

        await ApiApplication.Until(() => addresses.Last is not null);
        Assert.Equal(expected, addresses.Last);
    }

    [Fact]
    public async Task Request_WithAForgedAddress_DoesNotEscapeItsLimit()
    {
        await using var app = new ApiApplication { Settings = { ["Security:Limits:RequestsPerMinute"] = "1" } };
        using HttpClient client = await app.StartAsync();
        List<int> statuses = [];
        for (int i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{i}");
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([200, 429, 429], statuses);
        Assert.Equal(1, app.Services.GetRequiredService<CallerMeters>().Count);
    }

    [Fact]
    public async Task Start_WithTheSwitchThatBelievesEverybody_IsRefused()
    {
        await using var app = new ApiApplication { Settings = { ["ForwardedHeaders_Enabled"] = "true" } };

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(app.StartUnreadyAsync);

        Assert.Contains("Security:KnownProxies", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Notes from where requests are taken to come.</summary>
    private sealed class RemoteAddresses : IStartupFilter
    {
        public volatile string? Last;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    async (http, rest) =>
                    {
                        await rest(http);
                        Last = http.Connection.RemoteIpAddress?.ToString();
                    }
                );
                next(app);
            };
    }
}
