using System.Text.Json;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

/// <summary>Vision requests as jobs give what their routes give.</summary>
public sealed class VisionJobTests : IAsyncLifetime
{
    private static readonly byte[] Png = Pictures.Png(TestImages.Plain(128, 128, 40, 60, 90));

    private readonly ApiApplication _app = new() { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        _app.Pipeline.Paint = Painter.Covering((x, y) => x is >= 16 and < 48 && y is >= 8 and < 24);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Segment_AsAJob_KeepsMaskAndPaintingAsFiles()
    {
        (string, string)[] fields =
        [
            ("target", "cat"),
            ("formats", "mask"),
            ("formats", "polygons"),
            ("raw_image", "true"),
            ("seed", "4"),
        ];
        JsonElement route = await RouteAsync("segment", fields);

        JsonElement result = await JobAsync("segment", fields);

        JsonElement answer = result.GetProperty("answer");
        Assert.Equal(route.GetProperty("polygons").GetRawText(), answer.GetProperty("polygons").GetRawText());
        Assert.Equal(route.GetProperty("paint").GetRawText(), answer.GetProperty("paint").GetRawText());
        Assert.False(answer.TryGetProperty("mask", out _));
        Assert.False(answer.TryGetProperty("raw_image", out _));
        Assert.Equal(["mask.png", "painted.png"], Names(result));
        Assert.Equal(route.GetProperty("mask").GetBytesFromBase64(), await FileAsync(result, 0));
        Assert.Equal(route.GetProperty("raw_image").GetBytesFromBase64(), await FileAsync(result, 1));
    }

    [Fact]
    public async Task Detect_AsAJob_HasItsAnswerAndNoFile()
    {
        JsonElement route = await RouteAsync("detect", ("target", "cat"), ("seed", "4"));

        JsonElement result = await JobAsync("detect", ("target", "cat"), ("seed", "4"));

        Assert.Equal(
            route.GetProperty("boxes").GetRawText(),
            result.GetProperty("answer").GetProperty("boxes").GetRawText()
        );
        Assert.Empty(Names(result));
    }

    [Fact]
    public async Task Keypoints_AsAJob_FindsEveryPoint()
    {
        _app.Pipeline.Paint = Painter.Marking(("nose", 20, 30), ("ear", 40, 9));
        (string, string)[] fields = [("points", "nose"), ("points", "ear"), ("points", "eye"), ("raw_image", "true")];

        JsonElement result = await JobAsync("keypoints", fields);

        JsonElement[] points = [.. result.GetProperty("answer").GetProperty("points").EnumerateArray()];
        Assert.Equal(["nose", "ear", "eye"], points.Select(point => point.GetProperty("name").GetString()));
        Assert.Equal([true, true, false], points.Select(point => point.GetProperty("found").GetBoolean()));
        Assert.Equal(["painted-0.png", "painted-1.png", "painted-2.png"], Names(result));
    }

    [Fact]
    public async Task Restore_AsAJob_GivesThePicture()
    {
        _app.Pipeline.Paint = null;

        JsonElement result = await JobAsync("restore", ("kind", "denoise"), ("output_format", "webp"));

        Assert.Equal(6, result.GetProperty("answer").GetProperty("steps").GetInt32());
        Assert.Equal(ImageFileFormat.Webp, ImageCodec.ReadHeader(await FileAsync(result, 0)).Format);
    }

    [Theory]
    [InlineData("segment", "kind", "denoise", 422, "invalid_parameter")]
    [InlineData("segment", "color", "mauve", 422, "invalid_parameter")]
    [InlineData("restore", "kind", "deblur", 422, "task_not_supported")]
    public async Task Post_BadRequest_IsRefusedAsByTheRoute(
        string type,
        string field,
        string value,
        int status,
        string code
    )
    {
        using HttpRequestMessage request = JobRequests.Form(Png, ("type", type), (field, value));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(status, code);
    }

    private static IEnumerable<string?> Names(JsonElement result) =>
        result.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("name").GetString());

    private async Task<byte[]> FileAsync(JsonElement result, int index) =>
        await _client.GetByteArrayAsync(result.GetProperty("files")[index].GetProperty("href").GetString(), TestEnd);

    private async Task<JsonElement> RouteAsync(string task, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = VisionRequests.Form(task, Png, fields);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        return await response.JsonAsync();
    }

    private async Task<JsonElement> JobAsync(string type, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = JobRequests.Form(Png, [("type", type), .. fields]);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.True((int)response.StatusCode == 202, await response.Content.ReadAsStringAsync(TestEnd));
        JsonElement job = await _client.EndAsync((await response.JsonAsync()).GetProperty("id").GetString()!);
        Assert.True(job.GetProperty("status").GetString() == "succeeded", job.GetRawText());
        return job.GetProperty("result");
    }
}
