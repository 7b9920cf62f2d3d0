using System.Text.Json;
using InstructDiffusion.Api.Tests.Callers;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Documentation;

/// <summary>What the OpenAPI document promises of many routes alike is so on each of them.</summary>
public sealed class EveryRouteTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_WithoutAKey_Is401WhereTheDocumentSaysSo()
    {
        await using ApiApplication app = Keyed("edit jobs metrics");
        using HttpClient client = await app.StartAsync();

        foreach (HttpRequestMessage request in await RequestsAsync(client, 401))
        {
            await AssertStatusAsync(client, request, 401);
        }
    }

    [Fact]
    public async Task Send_WithAKeyOfAnotherScope_Is403WhereTheDocumentSaysSo()
    {
        await using ApiApplication app = Keyed("metrics");
        app.Settings.AddKey(Keys.Bob, "bob", scopes: "edit jobs");
        using HttpClient client = await app.StartAsync();

        foreach (HttpRequestMessage request in await RequestsAsync(client, 403))
        {
            bool isForMetrics = request.RequestUri!.OriginalString.EndsWith("/metrics", StringComparison.Ordinal);
            await AssertStatusAsync(client, request.From(isForMetrics ? Keys.Bob : Keys.Alice), 403);
        }
    }

    [Fact]
    public async Task Send_MoreThanTheRate_Is429WhereTheDocumentSaysSo()
    {
        await using ApiApplication app = Keyed("edit jobs metrics admin", new FakeTimeProvider());
        app.Settings["Security:Limits:RequestsPerMinute"] = "1";
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage first = await client.SendAsync(Keys.Get("/v1/models").From(Keys.Alice), TestEnd);

        foreach (HttpRequestMessage request in await RequestsAsync(client, 429))
        {
            await AssertStatusAsync(client, request.From(Keys.Alice), 429);
        }
    }

    [Fact]
    public async Task Send_WithoutAModel_Is503WhereTheDocumentSaysSo()
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no model") };
        using HttpClient client = await app.StartAsync();

        foreach (HttpRequestMessage request in await RequestsAsync(client, 503))
        {
            if (request.RequestUri!.OriginalString.StartsWith("/v1/jobs", StringComparison.Ordinal))
            {
                continue; // there it is the store that fails
            }
            await AssertStatusAsync(client, request, 503);
        }
    }

    private static ApiApplication Keyed(string scopes, TimeProvider? time = null)
    {
        var app = new ApiApplication { Time = time ?? TimeProvider.System };
        app.Settings.AddKey(Keys.Alice, "alice", scopes);
        return app;
    }

    /// <summary>One request to each route that the document gives this status to.</summary>
    private static async Task<IReadOnlyList<HttpRequestMessage>> RequestsAsync(HttpClient client, int status)
    {
        using HttpResponseMessage response = await client.GetAsync("/openapi/v1.json", TestEnd);
        JsonElement paths = (await response.JsonAsync()).GetProperty("paths");
        HttpRequestMessage[] requests =
        [
            .. from path in paths.EnumerateObject()
            from verb in path.Value.EnumerateObject()
            where verb.Value.GetProperty("responses").TryGetProperty($"{status}", out _)
            select new HttpRequestMessage(
                HttpMethod.Parse(verb.Name.ToUpperInvariant()),
                path.Name.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
            ),
        ];
        Assert.NotEmpty(requests);
        return requests;
    }

    private static async Task AssertStatusAsync(HttpClient client, HttpRequestMessage request, int status)
    {
        using (request)
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.True(
                (int)response.StatusCode == status,
                $"{request.Method} {request.RequestUri}: {(int)response.StatusCode}"
            );
        }
    }
}
