using System.Text.Json;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Documentation;

public sealed class OpenApiTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;
    private JsonElement _document;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        using HttpResponseMessage response = await _client.GetAsync("/openapi/v1.json", TestEnd);
        _document = await response.JsonAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public void Document_Routes_AreThePublicOnes()
    {
        Assert.Equal(
            [
                "/admin/drain",
                "/health/live",
                "/health/ready",
                "/health/startup",
                "/v1/edits",
                "/v1/estimate",
                "/v1/images/edits",
                "/v1/jobs",
                "/v1/jobs/{id}",
                "/v1/jobs/{id}/events",
                "/v1/jobs/{id}/result",
                "/v1/jobs/{id}/results/{index}",
                "/v1/models",
                "/v1/models/{id}",
                "/v1/queue",
                "/v1/replay",
                "/v1/tasks",
                "/v1/vision/detect",
                "/v1/vision/keypoints",
                "/v1/vision/restore",
                "/v1/vision/segment",
                "/v2",
                "/v2/health/live",
                "/v2/health/ready",
                "/v2/models/{name}",
                "/v2/models/{name}/ready",
            ],
            _document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Document_Routes_StandInTheTextForPeopleToo()
    {
        string text = File.ReadAllText(RepositoryRoot.Of("docs", "api.md"));

        Assert.All(
            _document.GetProperty("paths").EnumerateObject(),
            path =>
                Assert.All(
                    path.Value.EnumerateObject(),
                    verb =>
                        Assert.Contains(
                            $"| `{verb.Name.ToUpperInvariant()} {path.Name}` |",
                            text,
                            StringComparison.Ordinal
                        )
                )
        );
    }

    [Theory]
    [InlineData("multipart/form-data", "binary")]
    [InlineData("application/json", "byte")]
    public void Document_EditBody_HasEveryFieldWithItsRange(string contentType, string imageFormat)
    {
        JsonElement schema = Edits()
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty(contentType)
            .GetProperty("schema");

        JsonElement properties = schema.GetProperty("properties");
        Assert.Equal(EditEndpoint.Fields.Select(field => field.Name), properties.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["image", "instruction"],
            schema
                .GetProperty("required")
                .EnumerateArray()
                .Select(name => name.GetString())
                .Order(StringComparer.Ordinal)
        );
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(imageFormat, properties.GetProperty("image").GetProperty("format").GetString());
        Assert.Equal(500, properties.GetProperty("steps").GetProperty("maximum").GetInt32());
        Assert.Equal(uint.MaxValue, properties.GetProperty("seed").GetProperty("maximum").GetUInt32());
        Assert.Contains(
            "ddim",
            properties.GetProperty("sampler").GetProperty("enum").EnumerateArray().Select(name => name.GetString())
        );
    }

    [Fact]
    public void Document_EditNumbers_HaveExamplesThatWork()
    {
        JsonElement properties = Edits()
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("multipart/form-data")
            .GetProperty("schema")
            .GetProperty("properties");

        // Swagger UI fills them in: without them it sends the largest number of each.
        Assert.All(
            EditEndpoint.Fields.Where(field => field.Type is EditFieldType.Number or EditFieldType.WholeNumber),
            field =>
                Assert.Equal(
                    JsonValueKind.Number,
                    properties.GetProperty(field.Name).GetProperty("examples")[0].ValueKind
                )
        );
        // The fake model's own.
        Assert.Equal(3, properties.GetProperty("steps").GetProperty("examples")[0].GetInt32());
        Assert.Equal(1.25, properties.GetProperty("image_guidance_scale").GetProperty("examples")[0].GetDouble());
    }

    [Fact]
    public void Document_EditAnswers_AreAllThatCanCome()
    {
        JsonElement responses = Edits().GetProperty("responses");

        Assert.Equal(
            ["application/json", "image/jpeg", "image/png", "image/webp", "multipart/mixed", "text/event-stream"],
            responses
                .GetProperty("200")
                .GetProperty("content")
                .EnumerateObject()
                .Select(c => c.Name)
                .Order(StringComparer.Ordinal)
        );
        // 404 and 405 belong to no route; nobody reads a 499.
        int[] expected =
        [
            .. ProblemKind.All.Select(kind => kind.Status).Except([404, 405, 499]).Distinct().Order(),
            200,
            202,
        ];
        Assert.Equal(expected.Order(), responses.EnumerateObject().Select(r => int.Parse(r.Name)).Order());
        Assert.All(
            responses.EnumerateObject().Where(r => r.Name[0] != '2'),
            r =>
                Assert.Equal(
                    "application/problem+json",
                    Assert.Single(r.Value.GetProperty("content").EnumerateObject()).Name
                )
        );
    }

    [Fact]
    public void Document_EditAnswerAsJson_UsesTheNamesOnTheWire()
    {
        JsonElement schema = Edits()
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema");
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = _document
                .GetProperty("components")
                .GetProperty("schemas")
                .GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        string[] names = [.. schema.GetProperty("properties").EnumerateObject().Select(p => p.Name)];
        Assert.Contains("text_guidance_scale", names);
        Assert.Contains("dropped_tokens", names);
    }

    [Fact]
    public void Document_OpenAiBody_HasItsNamesAndThoseOfEdits()
    {
        JsonElement post = _document.GetProperty("paths").GetProperty("/v1/images/edits").GetProperty("post");
        JsonElement content = post.GetProperty("requestBody").GetProperty("content");
        JsonElement form = content.GetProperty("multipart/form-data").GetProperty("schema");
        JsonElement json = content.GetProperty("application/json").GetProperty("schema");

        Assert.Equal(
            ["image", "prompt"],
            form.GetProperty("required").EnumerateArray().Select(name => name.GetString())
        );
        Assert.Equal(
            ["images", "prompt"],
            json.GetProperty("required").EnumerateArray().Select(name => name.GetString())
        );
        Assert.Equal(
            "image_url",
            json.GetProperty("properties")
                .GetProperty("images")
                .GetProperty("items")
                .GetProperty("required")[0]
                .GetString()
        );
        string[] names = [.. form.GetProperty("properties").EnumerateObject().Select(p => p.Name)];
        Assert.Superset(
            new HashSet<string>
            {
                "size",
                "n",
                "stream",
                "partial_images",
                "seed",
                "steps",
                "text_guidance_scale",
                "working_size",
            },
            new HashSet<string>(names)
        );
        Assert.DoesNotContain("instruction", names);
        Assert.All(
            post.GetProperty("responses").EnumerateObject().Where(r => !r.NameEquals("200")),
            r => Assert.Equal("application/json", Assert.Single(r.Value.GetProperty("content").EnumerateObject()).Name)
        );
    }

    [Theory]
    [InlineData("/swagger/index.html", "text/html")]
    [InlineData("/openapi/v1.yaml", "yaml")]
    public async Task Get_Documentation_IsServed(string path, string contentType)
    {
        using HttpResponseMessage response = await _client.GetAsync(path, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains(contentType, response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
    }

    private JsonElement Edits() => _document.GetProperty("paths").GetProperty("/v1/edits").GetProperty("post");
}
