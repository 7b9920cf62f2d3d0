using System.Net;
using System.Text.Json;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>The official OpenAI SDK for Node works with this server unchanged.</summary>
public sealed class NodeSdkTests(NodeSdk sdk) : IClassFixture<NodeSdk>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Edit_OnePicture_GivesItAndItsDescription()
    {
        await using var app = new ApiApplication();

        JsonElement answer = await RunAsync(app, "edit");

        Assert.Equal([SdkExpectations.Digest(7)], Digests(answer));
        Assert.Equal("12x8", answer.GetProperty("size").GetString());
        Assert.Equal("png", answer.GetProperty("output_format").GetString());
        Assert.Equal(133, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.NotEqual("", answer.GetProperty("request_id").GetString());
        Assert.Equal("model", answer.GetProperty("ignored").GetString());
    }

    [Fact]
    public async Task Edit_ThreePictures_GivesAll()
    {
        await using var app = new ApiApplication();

        JsonElement answer = await RunAsync(app, "several");

        Assert.Equal(
            [SdkExpectations.Digest(7), SdkExpectations.Digest(8), SdkExpectations.Digest(9)],
            Digests(answer)
        );
    }

    [Fact]
    public async Task Edit_Stream_GivesPartialPicturesAndTheWhole()
    {
        await using var app = new ApiApplication();

        JsonElement[] events = [.. (await RunAsync(app, "stream")).GetProperty("events").EnumerateArray()];

        Assert.Equal(
            ["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"],
            events.Select(one => one.GetProperty("type").GetString())
        );
        Assert.Equal([0, 1], events[..2].Select(one => one.GetProperty("index").GetInt32()));
        Assert.Equal(SdkExpectations.Digest(7), events[^1].GetProperty("digest").GetString());
        Assert.Equal(64, events[^1].GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Edit_BadField_IsTheirError()
    {
        await using var app = new ApiApplication();

        JsonElement error = await RunAsync(app, "error");

        Assert.Equal("UnprocessableEntityError", error.GetProperty("name").GetString());
        Assert.Equal(422, error.GetProperty("status").GetInt32());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal("invalid_parameter", error.GetProperty("code").GetString());
        Assert.Equal("n", error.GetProperty("param").GetString());
        Assert.Contains("between 1 and 10", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", error.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task Edit_QueueFull_IsTriedAgainWhenTheServerSaid()
    {
        await using ApiApplication app = SdkExpectations.WithOnePlace();
        using HttpClient client = await app.StartAsync();
        Task<HttpResponseMessage>[] before = await SdkExpectations.FillAsync(app, client);

        Task<JsonElement> retrying = RunAsync(app, "retry", isStarted: true);
        await SdkExpectations.ReleaseAfterRefusalAsync(app);
        JsonElement answer = await retrying;

        Assert.Equal([429, 200], answer.GetProperty("statuses").EnumerateArray().Select(status => status.GetInt32()));
        Assert.Equal([SdkExpectations.Digest(7)], Digests(answer));
        foreach (HttpResponseMessage served in await Task.WhenAll(before))
        {
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
            served.Dispose();
        }
    }

    [Fact]
    public async Task Models_ListAndRetrieve_Work()
    {
        await using var app = new ApiApplication();

        JsonElement answer = await RunAsync(app, "models");

        Assert.Equal(
            """[{"id":"fake","object":"model","created":0,"owned_by":"instructdiffusion"}]""",
            answer.GetProperty("list").GetRawText()
        );
        Assert.Equal("fake", answer.GetProperty("one").GetString());
        Assert.Equal(
            """{"name":"NotFoundError","code":"model_not_found"}""",
            answer.GetProperty("missing").GetRawText()
        );
    }

    private async Task<JsonElement> RunAsync(ApiApplication app, string scenario, bool isStarted = false)
    {
        Assert.SkipWhen(sdk.Missing is not null, sdk.Missing ?? "");
        if (!isStarted)
        {
            (await app.StartAsync()).Dispose();
        }
        string picture = Path.Combine(_folder.Path, "picture.png");
        await File.WriteAllBytesAsync(picture, SdkExpectations.Picture, TestContext.Current.CancellationToken);
        return await NodeSdk.RunAsync(scenario, app.Address, picture);
    }

    private static IEnumerable<string?> Digests(JsonElement answer) =>
        answer.GetProperty("digests").EnumerateArray().Select(digest => digest.GetString());
}
