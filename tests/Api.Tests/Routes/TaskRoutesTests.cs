using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Routes;

public sealed class TaskRoutesTests
{
    private static readonly ModelDescription Trained = new FakeEditPipeline().Description with
    {
        Name = "trained",
        IsUntrainedReference = false,
        Tasks =
        [
            new TaskPreset
            {
                Name = "segmentation",
                TextGuidanceScale = 7.5,
                ImageGuidanceScale = 1,
                Steps = 20,
                Resolution = 128,
                Instructions = ["Mark the cat's pixels in \"blue\".", "Mark the dog."],
            },
        ],
    };

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_TrainedModel_GivesInstructionsAndValues()
    {
        await using var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Trained } };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/tasks", TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(
            """{"model":"trained","tasks":[{"name":"segmentation","instructions":["Mark the cat's pixels in \"blue\".","Mark the dog."],"text_guidance_scale":7.5,"image_guidance_scale":1,"steps":20,"resolution":128}]}""",
            await response.Content.ReadAsStringAsync(TestEnd)
        );
    }

    [Fact]
    public async Task List_UntrainedModel_IsEmpty()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/tasks", TestEnd);

        Assert.Equal("""{"model":"fake","tasks":[]}""", await response.Content.ReadAsStringAsync(TestEnd));
    }

    [Fact]
    public async Task List_ModelNotLoaded_IsNotReady()
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no such model") };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/v1/tasks", TestEnd);

        await response.ProblemAsync(503, "not_ready");
    }

    [Fact]
    public async Task Document_Tasks_HasAnExampleThatLooksLikeTheAnswer()
    {
        await using var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Trained } };
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage response = await client.GetAsync("/v1/tasks", TestEnd);
        JsonElement answer = await response.JsonAsync();

        using HttpResponseMessage document = await client.GetAsync("/openapi/v1.json", TestEnd);

        JsonElement example = (await document.JsonAsync())
            .GetProperty("paths")
            .GetProperty("/v1/tasks")
            .GetProperty("get")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("example");
        Assert.Equal(Names(answer), Names(example));
        Assert.Equal(Names(answer.GetProperty("tasks")[0]), Names(example.GetProperty("tasks")[0]));
    }

    [Fact]
    public async Task Document_EditInstruction_ShowsOneOfTheModels()
    {
        await using var trained = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Trained } };
        await using var untrained = new ApiApplication();
        using HttpClient ofTrained = await trained.StartAsync();
        using HttpClient ofUntrained = await untrained.StartAsync();

        Assert.Equal("Mark the cat's pixels in \"blue\".", await ExampleInstructionAsync(ofTrained));
        Assert.Equal("make it look like a watercolour painting", await ExampleInstructionAsync(ofUntrained));
    }

    private static async Task<string?> ExampleInstructionAsync(HttpClient client)
    {
        using HttpResponseMessage document = await client.GetAsync("/openapi/v1.json", TestEnd);
        return (await document.JsonAsync())
            .GetProperty("paths")
            .GetProperty("/v1/edits")
            .GetProperty("post")
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("multipart/form-data")
            .GetProperty("schema")
            .GetProperty("properties")
            .GetProperty("instruction")
            .GetProperty("examples")[0]
            .GetString();
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(p => p.Name);
}
