using System.Text.Json;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Api.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Documentation;

/// <summary>docs/vision.md and the OpenAPI document tell of every field of the vision routes and of replay.</summary>
public sealed class VisionDocumentTests : IAsyncLifetime
{
    private static readonly string Text = File.ReadAllText(RepositoryRoot.Of("docs", "vision.md"));

    private static readonly Dictionary<string, IReadOnlyList<EditField>> Tables = new()
    {
        ["/v1/vision/segment"] = [.. VisionField.OfSegment, .. VisionField.Service],
        ["/v1/vision/detect"] = [.. VisionField.OfDetect, .. VisionField.Service],
        ["/v1/vision/keypoints"] = [.. VisionField.OfKeypoints, .. VisionField.Service],
        ["/v1/vision/restore"] = [.. VisionField.OfRestore, .. EditField.Service],
        ["/v1/replay"] = ReplayField.All,
    };

    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;
    private JsonElement _paths;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public static TheoryData<string> Paths => [.. Tables.Keys];

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        using HttpResponseMessage response = await _client.GetAsync("/openapi/v1.json", TestEnd);
        _paths = (await response.JsonAsync()).GetProperty("paths");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public void Text_EveryFieldOfItsOwn_HasItsRow()
    {
        IEnumerable<EditField> own = Tables
            .Values.SelectMany(fields => fields)
            .Where(field =>
                EditField.All.Concat(EditField.Service).All(known => known.Key != field.Key)
                || field == VisionField.Instruction
            );

        Assert.All(own, field => Assert.Contains($"| `{field.Name}` |", Text, StringComparison.Ordinal));
        Assert.All(
            MaskFormats.ByName.Keys.Concat(VisionTask.Restorations.Keys).Concat(RecordLevels.ByName.Keys),
            name => Assert.Contains($"`{name}`", Text, StringComparison.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Document_EveryField_IsDescribed(string path)
    {
        foreach (
            JsonProperty content in Operation(path).GetProperty("requestBody").GetProperty("content").EnumerateObject()
        )
        {
            JsonElement properties = content.Value.GetProperty("schema").GetProperty("properties");
            Assert.Equal(Tables[path].Select(field => field.Name), properties.EnumerateObject().Select(p => p.Name));
            Assert.All(
                properties.EnumerateObject(),
                property => Assert.NotEqual("", property.Value.GetProperty("description").GetString())
            );
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Document_Answers_AreAllThatCanCome(string path)
    {
        JsonElement responses = Operation(path).GetProperty("responses");

        Assert.Equal(
            [200, .. VisionDocumentation.Problems],
            responses.EnumerateObject().Select(response => int.Parse(response.Name)).Order()
        );
        Assert.Contains(
            "task_not_supported",
            responses.GetProperty("422").GetProperty("description").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Document_ListsAndFlags_AreTyped()
    {
        JsonElement properties = Operation("/v1/vision/segment")
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema")
            .GetProperty("properties");

        Assert.Equal("array", properties.GetProperty("formats").GetProperty("type").GetString());
        Assert.Equal(
            MaskFormats.ByName.Keys,
            properties
                .GetProperty("formats")
                .GetProperty("items")
                .GetProperty("enum")
                .EnumerateArray()
                .Select(name => name.GetString()!)
        );
        Assert.Equal("boolean", properties.GetProperty("raw_image").GetProperty("type").GetString());
    }

    private JsonElement Operation(string path) => _paths.GetProperty(path).GetProperty("post");
}
