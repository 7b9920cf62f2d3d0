using InstructDiffusion.Api.Tests.Callers;

namespace InstructDiffusion.Api.Tests.Security;

/// <summary>What pages of other sites can do through a browser of somebody who can reach the server.</summary>
public sealed class CrossSiteTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost:1")] // another server of this machine
    [InlineData("null")] // a sandboxed frame, a file
    public async Task Post_FromAPageElsewhere_WithoutAKey_IsRefused(string origin)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = From(origin);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(403, "foreign_site");
        Assert.Equal(1, app.Pipeline.Prepared);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Post_FromTheServersOwnPage_IsServed()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage own = From($"http://127.0.0.1:{app.Address.Port}");
        using HttpRequestMessage behindTls = From("https://localhost");
        behindTls.Headers.Host = "localhost"; // a proxy took the TLS off

        using HttpResponseMessage first = await client.SendAsync(own, TestEnd);
        using HttpResponseMessage second = await client.SendAsync(behindTls, TestEnd);

        Assert.Equal([200, 200], new[] { first, second }.Select(response => (int)response.StatusCode));
    }

    [Fact]
    public async Task Post_FromAPageElsewhere_WithAKey_IsServedSinceThePageHasBeenGivenIt()
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = From("https://app.example").From(Keys.Alice);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("rebound.evil.example")]
    [InlineData("127.0.0.1.nip.example")]
    public async Task Get_ByANameOfAnotherSite_IsRefusedWhereNobodyNeedsAKey(string host)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = Keys.Get("/v1/tasks");
        request.Headers.Host = host;

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(403, "foreign_site");
    }

    [Theory]
    [InlineData("localhost", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("[::1]", null)]
    [InlineData("app.localhost", null)]
    [InlineData("workstation", null)]
    [InlineData("images.example.com", "images.example.com")]
    public async Task Get_ByAnOwnName_IsServed(string host, string? allowedHosts)
    {
        await using var app = new ApiApplication();
        if (allowedHosts is not null)
        {
            app.Settings["AllowedHosts"] = allowedHosts;
        }
        using HttpClient client = await app.StartUnreadyAsync();
        using HttpRequestMessage request = Keys.Get("/health/live");
        request.Headers.Host = host;

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("https://app.example", "https://app.example")]
    [InlineData("https://evil.example", null)]
    public async Task Options_BeforeACrossOriginRequest_AllowsTheListedOriginsAlone(string origin, string? allowed)
    {
        await using var app = new ApiApplication { Settings = { ["Security:CorsOrigins:0"] = "https://app.example" } };
        app.Settings.AddKey(Keys.Alice, "alice");
        using HttpClient client = await app.StartAsync();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/edits")
        {
            Headers =
            {
                { "Origin", origin },
                { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "authorization,content-type" },
            },
        };

        using HttpResponseMessage response = await client.SendAsync(preflight, TestEnd);

        response.Headers.TryGetValues("Access-Control-Allow-Origin", out IEnumerable<string>? origins);
        Assert.Equal(allowed, origins?.Single());
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Post_FromAListedOrigin_CanBeReadByItsPageErrorsToo()
    {
        await using var app = new ApiApplication { Settings = { ["Security:CorsOrigins:0"] = "https://app.example" } };
        app.Settings.AddKey(Keys.Alice, "alice");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage good = From("https://app.example").From(Keys.Alice);
        using HttpRequestMessage bad = From("https://app.example");

        using HttpResponseMessage served = await client.SendAsync(good, TestEnd);
        using HttpResponseMessage refused = await client.SendAsync(bad, TestEnd);

        Assert.Equal([200, 401], new[] { served, refused }.Select(response => (int)response.StatusCode));
        Assert.Equal("https://app.example", served.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("*", served.Headers.GetValues("Access-Control-Expose-Headers").Single());
        Assert.Equal("https://app.example", refused.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    private static HttpRequestMessage From(string origin)
    {
        HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("Origin", origin);
        return request;
    }
}
