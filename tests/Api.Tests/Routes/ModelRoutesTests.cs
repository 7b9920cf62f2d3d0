using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using InstructDiffusion.Api.Tests.OpenAi;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Routes;

public sealed class ModelRoutesTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_UntrainedModel_SaysSoAndTellsDefaultsAndLimits()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:MaxPixels"] = "12345" } };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/models", TestEnd);

        JsonElement list = await response.JsonAsync();
        JsonElement model = Assert.Single(list.GetProperty("data").EnumerateArray());
        Assert.Equal("fake", model.GetProperty("id").GetString());
        Assert.True(model.GetProperty("untrained").GetBoolean());
        Assert.Contains("meaningless", model.GetProperty("notice").GetString(), StringComparison.Ordinal);
        Assert.Equal("instruct_diffusion", model.GetProperty("guidance_family").GetString());
        Assert.Equal(3, model.GetProperty("defaults").GetProperty("steps").GetInt32());
        Assert.Equal(12345, model.GetProperty("limits").GetProperty("max_image_pixels").GetInt32());
        // The engine logs just after it has become ready.
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("UNTRAINED", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Get_ByItsName_GivesTheOneOfTheList()
    {
        await using var app = new ApiApplication
        {
            Pipeline = new FakeEditPipeline
            {
                Description = new ModelDescription
                {
                    Name = "fake",
                    IsUntrainedReference = false,
                    Family = GuidanceFamily.InstructPix2Pix,
                    ChangedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                },
            },
        };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage list = await client.GetAsync("/v1/models", TestEnd);
        using HttpResponseMessage one = await client.GetAsync("/v1/models/fake", TestEnd);

        JsonElement model = await one.JsonAsync();
        Assert.Equal((await list.JsonAsync()).GetProperty("data")[0].GetRawText(), model.GetRawText());
        Assert.Equal("model", model.GetProperty("object").GetString());
        Assert.Equal(1_700_000_000, model.GetProperty("created").GetInt64());
        Assert.Equal("instructdiffusion", model.GetProperty("owned_by").GetString());
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/fake")]
    public async Task Get_KnownAlready_IsNotSentAgain(string path)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage first = await client.GetAsync(path, TestEnd);
        EntityTagHeaderValue tag = first.Headers.ETag!;
        using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { tag } } };
        using var other = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { IfNoneMatch = { new EntityTagHeaderValue("\"another\"") } },
        };

        using HttpResponseMessage known = await client.SendAsync(again, TestEnd);
        using HttpResponseMessage changed = await client.SendAsync(other, TestEnd);

        Assert.False(tag.IsWeak);
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal(tag, known.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Fact]
    public async Task Get_AnotherName_IsNotFoundAsAtOpenAi()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/models/gpt-image-1", TestEnd);

        JsonElement error = await response.ErrorAsync(404, "model_not_found");
        Assert.Equal("model", error.GetProperty("param").GetString());
    }
}
