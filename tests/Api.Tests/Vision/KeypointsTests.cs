using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

public sealed class KeypointsTests : IAsyncLifetime
{
    private static readonly byte[] Png = Pictures.Png(TestImages.Plain(256, 128, 120, 130, 110));

    private readonly ApiApplication _app = new() { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
    private readonly List<EditRequest> _seen = [];
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        _app.Pipeline.OnPrepare = _seen.Add;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Post_Points_AreFoundEachByAnEditOfItsOwn()
    {
        // The canvas of a picture of 256x128 at the resolution 64 is 128x64: half as large.
        _app.Pipeline.Paint = Painter.Marking(("left shoulder", 20, 30), ("nose", 100, 9));

        _app.Pipeline.Permits = new SemaphoreSlim(0);
        int before = _app.Pipeline.Prepared;
        Task<JsonElement> asked = FindAsync(
            ("points", "left shoulder"),
            ("points", "the nose"),
            ("points", "left ear")
        );
        await ApiApplication.Until(() => _app.Pipeline.Prepared - before + _app.Queue.Count == 3);
        _app.Pipeline.Permits.Release(1000);
        JsonElement answer = await asked;

        Assert.Equal(
            ["put a blue dot on the left ear", "put a blue dot on the left shoulder", "put a blue dot on the nose"],
            _seen.Select(edit => edit.Instruction).Order(StringComparer.Ordinal)
        );
        Assert.All(
            _seen,
            edit => Assert.Equal((5, 6, 0.5), (edit.Steps, edit.TextGuidanceScale, edit.ImageGuidanceScale))
        );
        Assert.Contains(_app.Pipeline.Steps, step => step.Length == 3);
        JsonElement[] points = [.. answer.GetProperty("points").EnumerateArray()];
        Assert.Equal(
            ["left shoulder", "the nose", "left ear"],
            points.Select(point => point.GetProperty("name").GetString())
        );
        // The centre of the canvas pixel (20, 30) is (20.5, 30.5), and the picture is twice as large.
        Assert.Equal((41, 61), (points[0].GetProperty("x").GetDouble(), points[0].GetProperty("y").GetDouble()));
        Assert.Equal((201, 19), (points[1].GetProperty("x").GetDouble(), points[1].GetProperty("y").GetDouble()));
        Assert.All(points[..2], point => Assert.Equal(1, point.GetProperty("confidence").GetDouble(), 0.01));
        Assert.All(points[..2], point => Assert.True(point.GetProperty("found").GetBoolean()));
        Assert.Equal("blue", points[0].GetProperty("paint").GetProperty("color").GetString());
        Assert.False(points[2].GetProperty("found").GetBoolean());
        Assert.False(points[2].TryGetProperty("x", out _));
        Assert.Equal(0, points[2].GetProperty("confidence").GetDouble());
        Assert.Equal((256, 128), (answer.GetProperty("width").GetInt32(), answer.GetProperty("height").GetInt32()));
        Assert.Equal(5, answer.GetProperty("work").GetProperty("steps").GetInt32());
    }

    [Fact]
    public async Task Post_PictureOfTheColourAllOver_InventsNoPoint()
    {
        _app.Pipeline.Paint = request => TestImages.Plain(request.Image.Width, request.Image.Height, 0, 0, 255);

        JsonElement answer = await FindAsync(("points", "nose"));

        JsonElement point = Assert.Single(answer.GetProperty("points").EnumerateArray());
        Assert.False(point.GetProperty("found").GetBoolean());
        Assert.InRange(point.GetProperty("confidence").GetDouble(), 0.001, 0.1);
    }

    [Fact]
    public async Task Post_InstructionOfOnesOwn_IsOnePointWithoutName()
    {
        _app.Pipeline.Paint = Painter.Marking(("nose", 64, 32));
        using HttpRequestMessage request = VisionRequests.Json(
            "keypoints",
            new
            {
                image = Convert.ToBase64String(Png),
                instruction = "show me the nose with a cyan dot",
                raw_image = true,
            }
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement point = Assert.Single((await response.JsonAsync()).GetProperty("points").EnumerateArray());
        Assert.False(point.TryGetProperty("name", out _));
        Assert.Equal("#00ffff", point.GetProperty("paint").GetProperty("color_hex").GetString());
        Assert.Equal((129, 65), (point.GetProperty("x").GetDouble(), point.GetProperty("y").GetDouble()));
        ImageHeader raw = ImageCodec.ReadHeader(point.GetProperty("raw_image").GetBytesFromBase64());
        Assert.Equal(new ImageSize(128, 64), raw.Size);
    }

    [Fact]
    public async Task Post_OnePointFails_TheWholeRequestDoesAndTheNextWorks()
    {
        _app.Pipeline.Paint = Painter.Marking(("nose", 64, 32));
        _app.Pipeline.OnFinish = state =>
        {
            if (state.Request.Instruction.Contains("ear", StringComparison.Ordinal))
            {
                throw new NonFiniteImageException("denoising");
            }
        };
        using HttpRequestMessage request = VisionRequests.Form("keypoints", Png, ("points", "nose"), ("points", "ear"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(500, "non_finite_image");
        JsonElement answer = await FindAsync(("points", "nose"));
        Assert.True(answer.GetProperty("points")[0].GetProperty("found").GetBoolean());
        Assert.Empty(_app.Pipeline.Breaches);
    }

    private async Task<JsonElement> FindAsync(params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = VisionRequests.Form("keypoints", Png, [.. fields, ("color", "blue")]);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.JsonAsync();
    }
}
