using InstructDiffusion.Api.Security;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class SecurityHeadersTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/health/live", SecurityHeaders.DataPolicy)]
    [InlineData("/v1/models", SecurityHeaders.DataPolicy)]
    [InlineData("/v1/nothing", SecurityHeaders.DataPolicy)]
    [InlineData("/openapi/v1.json", SecurityHeaders.DataPolicy)]
    [InlineData("/swagger/index.html", SecurityHeaders.SwaggerPolicy)]
    [InlineData("/", SecurityHeaders.PagePolicy)]
    public async Task Get_AnyAnswer_TellsBrowsersWhatTheyMayDoWithIt(string path, string policy)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync(path, TestEnd);

        Assert.Equal(policy, Header(response, "Content-Security-Policy"));
        AssertCommon(response);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Post_PictureOrProblem_TellsThemToo()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage good = EditRequests.Good();
        using HttpRequestMessage bad = EditRequests.JsonText("{");

        using HttpResponseMessage picture = await client.SendAsync(good, TestEnd);
        using HttpResponseMessage problem = await client.SendAsync(bad, TestEnd);

        Assert.Equal([200, 400], new[] { picture, problem }.Select(response => (int)response.StatusCode));
        AssertCommon(picture);
        AssertCommon(problem);
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task Get_ByHttps_SaysToStayThereWhereThatIsSet(string scheme, bool says)
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Security:HstsSeconds"] = "31536000", ["Security:KnownProxies:0"] = "127.0.0.1" },
        };
        using HttpClient client = await app.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live")
        {
            Headers = { { "X-Forwarded-Proto", scheme } },
        };

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(says, response.Headers.TryGetValues("Strict-Transport-Security", out IEnumerable<string>? values));
        Assert.Equal(says ? ["max-age=31536000"] : null, values);
    }

    private static void AssertCommon(HttpResponseMessage response)
    {
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Resource-Policy"));
        Assert.False(response.Headers.Contains("Server"));
        Assert.False(response.Headers.Contains("X-Powered-By"));
    }

    private static string Header(HttpResponseMessage response, string name) =>
        Assert.Single(response.Headers.GetValues(name));
}
