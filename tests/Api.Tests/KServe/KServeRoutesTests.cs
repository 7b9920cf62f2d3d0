namespace InstructDiffusion.Api.Tests.KServe;

public sealed class KServeRoutesTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_ModelLoaded_TellsServerModelAndReadiness()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        await ExpectAsync(
            client,
            "/v2",
            200,
            """{"name":"instructdiffusion","version":"0.1.0","extensions":["edits","vision","replay","tasks"]}"""
        );
        await ExpectAsync(client, "/v2/health/live", 200, """{"live":true}""");
        await ExpectAsync(client, "/v2/health/ready", 200, """{"ready":true,"live":true}""");
        await ExpectAsync(
            client,
            "/v2/models/fake",
            200,
            """{"name":"fake","platform":"instructdiffusion_torchsharp","inputs":[{"name":"image","datatype":"BYTES","shape":[1]},{"name":"instruction","datatype":"BYTES","shape":[1]}],"outputs":[{"name":"image","datatype":"BYTES","shape":[1]}]}"""
        );
        await ExpectAsync(client, "/v2/models/fake/ready", 200, """{"name":"fake","ready":true}""");
    }

    [Theory]
    [InlineData("/v2/models/other")]
    [InlineData("/v2/models/other/ready")]
    [InlineData("/v2/models/FAKE")]
    public async Task Get_UnknownModel_IsTheProtocolsError(string path)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        string name = path.Split('/')[3];
        await ExpectAsync(client, path, 404, $$"""{"error":"There is no model '{{name}}'; this server has 'fake'."}""");
    }

    [Fact]
    public async Task Get_ModelNotLoaded_IsAliveAndNotReady()
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no such model") };
        using HttpClient client = await app.StartAsync();

        await ExpectAsync(client, "/v2/health/live", 200, """{"live":true}""");
        await ExpectAsync(client, "/v2/health/ready", 503, """{"ready":false,"live":true}""");
        await ExpectAsync(client, "/v2/models/fake/ready", 503, """{"name":"fake","ready":false}""");
        await ExpectAsync(
            client,
            "/v2/models/fake",
            503,
            """{"error":"The model could not be loaded: no such model"}"""
        );
    }

    [Fact]
    public async Task Post_Infer_IsNotThere()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.PostAsync("/v2/models/fake/infer", null, TestEnd);

        await response.ProblemAsync(404, "not_found");
    }

    private static async Task ExpectAsync(HttpClient client, string path, int status, string body)
    {
        using HttpResponseMessage response = await client.GetAsync(path, TestEnd);
        Assert.Equal(body, await response.Content.ReadAsStringAsync(TestEnd));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
    }
}
