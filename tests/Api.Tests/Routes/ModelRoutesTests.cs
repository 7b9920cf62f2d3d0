using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Routes;

public sealed class ModelRoutesTests
{
    [Fact]
    public async Task List_UntrainedModel_SaysSoAndTellsDefaultsAndLimits()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:MaxPixels"] = "12345" } };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

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
}
