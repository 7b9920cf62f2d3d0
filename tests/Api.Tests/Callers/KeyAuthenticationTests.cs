using System.Text.Json;
using InstructDiffusion.Api.Callers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers;

public sealed class KeyAuthenticationTests
{
    private readonly CallerNotes _notes = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("authorization", "bearer   {0} ")]
    [InlineData("X-API-Key", "{0}")]
    public async Task Post_WithAKey_IsServedAsItsHolder(string header, string value)
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.TryAddWithoutValidation(header, string.Format(null, value, Keys.Alice));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => _notes.Callers.Count == 1);
        Assert.Equal("alice", _notes.Callers[0].Name);
    }

    [Fact]
    public async Task Post_WithoutAKey_IsToldHowToSendOne()
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good();

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(401, "missing_credentials");
        Assert.Contains("X-API-Key", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("Bearer realm=\"instructdiffusion\"", response.Headers.WwwAuthenticate.ToString());
        Assert.Equal(1, app.Pipeline.Prepared); // the warm-up alone
    }

    [Theory]
    [InlineData("Bearer idk_wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWxpY2U6c2VjcmV0")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.")]
    public async Task Post_WithWhatIsNoKey_IsRefused(string authorization)
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.NotEmpty(response.Headers.WwwAuthenticate);
        Assert.Equal(1, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_WithAWrongKey_IsToldSoWithoutRepeatingIt()
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();
        string wrong = ApiKey.Create();
        using HttpRequestMessage request = EditRequests.Good().From(wrong);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(401, "invalid_credentials");
        Assert.DoesNotContain(wrong, problem.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "error=\"invalid_token\"",
            response.Headers.WwwAuthenticate.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Post_WithAKeyOfOtherScopes_NamesTheOneThatLacks()
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Bob, "bob", scopes: "jobs, metrics");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good().From(Keys.Bob);
        using HttpRequestMessage models = Keys.Get("/v1/tasks").From(Keys.Bob);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        using HttpResponseMessage free = await client.SendAsync(models, TestEnd);

        JsonElement problem = await response.ProblemAsync(403, "missing_scope");
        Assert.Equal("This needs the scope edit.", problem.GetProperty("detail").GetString());
        Assert.Equal(
            "Bearer realm=\"instructdiffusion\", error=\"insufficient_scope\", scope=\"edit\"",
            response.Headers.WwwAuthenticate.ToString()
        );
        Assert.Equal(200, (int)free.StatusCode);
    }

    [Fact]
    public async Task Post_WithAKeyThatEnds_IsServedUntilThen()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var app = new ApiApplication { Time = time };
        app.Settings.AddKey(Keys.Alice, "alice", expires: "2027-01-01T00:01:00Z");
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage before = await client.SendAsync(Keys.Get("/v1/tasks").From(Keys.Alice), TestEnd);
        time.Advance(TimeSpan.FromSeconds(60));
        using HttpResponseMessage after = await client.SendAsync(Keys.Get("/v1/tasks").From(Keys.Alice), TestEnd);

        Assert.Equal(200, (int)before.StatusCode);
        JsonElement problem = await after.ProblemAsync(401, "invalid_credentials");
        Assert.Equal("The key of alice ended at 2027-01-01 00:01:00Z.", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/swagger/index.html", 200)]
    [InlineData("/problems/missing_credentials", 200)]
    [InlineData("/v1/models", 401)]
    [InlineData("/v1/tasks", 401)]
    [InlineData("/v1/nothing", 401)]
    public async Task Get_WithoutAKey_GivesOnlyWhatTellsNothing(string path, int status)
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync(path, TestEnd);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Post_ToAServerWithoutKeys_TakesAnyKeyForNone()
    {
        await using var app = new ApiApplication
        {
            Adapted = services => services.AddSingleton<IStartupFilter>(_notes),
        };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good().From("sk-as-openai-clients-always-send-one");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => _notes.Callers.Count == 1);
        Assert.Equal("", _notes.Callers[0].Name);
    }

    [Fact]
    public async Task Post_WhereAnonymousCallersAreAllowedBesideKeys_OnlyAWrongKeyIsRefused()
    {
        await using ApiApplication app = Keyed();
        app.Settings["Security:AllowAnonymous"] = "true";
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage without = await client.SendAsync(Keys.Get("/v1/tasks"), TestEnd);
        using HttpResponseMessage with = await client.SendAsync(Keys.Get("/v1/tasks").From(Keys.Alice), TestEnd);
        using HttpResponseMessage wrong = await client.SendAsync(Keys.Get("/v1/tasks").From(Keys.Bob), TestEnd);

        Assert.Equal([200, 200, 401], new[] { without, with, wrong }.Select(response => (int)response.StatusCode));
        await ApiApplication.Until(() => _notes.Callers.Count == 3);
        Assert.Equal(["", "alice", ""], _notes.Callers.Select(caller => caller.Name));
    }

    [Fact]
    public async Task Document_OfAServerWithKeys_DescribesThem()
    {
        await using ApiApplication app = Keyed();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/openapi/v1.json", TestEnd);
        JsonElement document = await response.JsonAsync();

        JsonElement schemes = document.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal("bearer", schemes.GetProperty("bearer").GetProperty("scheme").GetString());
        Assert.Equal("X-API-Key", schemes.GetProperty("key").GetProperty("name").GetString());
        Assert.Equal(2, document.GetProperty("security").GetArrayLength());
        JsonElement paths = document.GetProperty("paths");
        Assert.False(paths.GetProperty("/v1/edits").GetProperty("post").TryGetProperty("security", out _));
        Assert.Equal(0, paths.GetProperty("/health/live").GetProperty("get").GetProperty("security").GetArrayLength());
        foreach (string status in new[] { "401", "403", "429" })
        {
            Assert.True(
                paths
                    .GetProperty("/v1/edits")
                    .GetProperty("post")
                    .GetProperty("responses")
                    .TryGetProperty(status, out _),
                status
            );
        }
    }

    private ApiApplication Keyed()
    {
        var app = new ApiApplication { Adapted = services => services.AddSingleton<IStartupFilter>(_notes) };
        app.Settings.AddKey(Keys.Alice, "alice");
        return app;
    }
}
