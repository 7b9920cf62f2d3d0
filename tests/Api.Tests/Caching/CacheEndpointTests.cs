using System.Net.Http.Headers;

namespace InstructDiffusion.Api.Tests.Caching;

public sealed class CacheEndpointTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_SameSeedAgain_IsAnsweredFromMemoryInAnyFormat()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage first = await SendAsync(client, EditRequests.Good(("seed", "7")));
        using HttpResponseMessage again = await SendAsync(client, EditRequests.Good(("seed", "7")));
        using HttpResponseMessage webp = await SendAsync(
            client,
            EditRequests.Good(("seed", "7"), ("output_format", "webp"))
        );

        Assert.Equal(["miss", "hit", "hit"], new[] { first, again, webp }.Select(XCache));
        Assert.Equal(await BytesAsync(first), await BytesAsync(again));
        Assert.Equal(2, app.Pipeline.Prepared); // with the warm-up
    }

    [Fact]
    public async Task Post_SeedDrawn_IsMadeAnewAndSaysNothingOfACache()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage first = await SendAsync(client, EditRequests.Good());
        using HttpResponseMessage again = await SendAsync(client, EditRequests.Good());

        Assert.Null(XCache(first) ?? XCache(again));
        Assert.Equal(3, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_SeveralPicturesOfWhichOneIsKnown_CountsAsMade()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage one = await SendAsync(client, EditRequests.Good(("seed", "8")));

        using HttpRequestMessage request = EditRequests.Good(("seed", "7"), ("n", "3")).Accepting("application/json");
        using HttpResponseMessage three = await SendAsync(client, request);

        Assert.Equal("miss", XCache(three));
        Assert.Equal(4, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_LibraryRetriesWithoutASeed_JoinsTheRunningFirstTry()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<HttpResponseMessage> first = SendAsync(client, Try(0));
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        Task<HttpResponseMessage> retry = SendAsync(client, Try(1));

        app.Pipeline.Permits.Release(100);
        using HttpResponseMessage one = await first;
        using HttpResponseMessage two = await retry;

        Assert.Equal(SeedOf(one), SeedOf(two));
        // The engine goes on when the second request is on its way: it finds the first one running or done.
        Assert.Contains(XCache(two), new[] { "coalesced", "hit" });
        Assert.Equal(await BytesAsync(one), await BytesAsync(two));
        Assert.Equal(2, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_LibraryRetriesAfterItsFirstTryWasCutOff_GetsTheSameEdit()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using (var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd))
        {
            Task<HttpResponseMessage> first = client.SendAsync(Try(0), leave.Token);
            await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        }
        await ApiApplication.Until(() => app.Aborts.Count == 1);
        app.Pipeline.Permits.Release(100);
        await ApiApplication.Until(() => app.Pipeline.Disposed == 2);

        using HttpResponseMessage retry = await SendAsync(client, Try(1));
        using HttpResponseMessage again = await SendAsync(client, Try(2));

        Assert.Equal("hit", XCache(again));
        Assert.Equal(SeedOf(retry), SeedOf(again));
    }

    // A form with a boundary of its own, as libraries make them for each try.
    private static HttpRequestMessage Try(int count)
    {
        HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("x-stainless-retry-count", $"{count}");
        return request;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request) =>
        client.SendAsync(request, TestEnd);

    private static Task<byte[]> BytesAsync(HttpResponseMessage response) =>
        response.Content.ReadAsByteArrayAsync(TestEnd);

    private static string? XCache(HttpResponseMessage response)
    {
        Assert.Equal(200, (int)response.StatusCode);
        return Header(response.Headers, "X-Cache");
    }

    private static string? SeedOf(HttpResponseMessage response) => Header(response.Headers, "X-Seed");

    private static string? Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
}
