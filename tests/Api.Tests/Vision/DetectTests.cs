using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

public sealed class DetectTests
{
    private static readonly byte[] Png = Pictures.Png(TestImages.Plain(192, 192, 20, 30, 40));

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_TwoThings_GivesABoxForEachTheSurestFirst()
    {
        await using var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
        using HttpClient client = await app.StartAsync();
        // The first is painted thinly.
        app.Pipeline.Paint = request =>
            Painter.Cover(
                Painter.Cover(
                    request.Image,
                    new PaintColor(255, 0, 0),
                    0.35,
                    (x, y) => x is >= 4 and < 24 && y is >= 4 and < 14
                ),
                new PaintColor(255, 0, 0),
                0.5,
                (x, y) => x is >= 40 and < 60 && y is >= 30 and < 50
            );
        using HttpRequestMessage request = VisionRequests.Form("detect", Png, ("target", "cats"), ("color", "red"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement answer = await response.JsonAsync();
        JsonElement[] boxes = [.. answer.GetProperty("boxes").EnumerateArray()];
        Assert.True(answer.GetProperty("found").GetBoolean());
        // Thin paint of 0.35 passes half of the usual 0.5 by 3/14 of a pixel within its sides: 0.64 pixels of the picture.
        Assert.Equal(["[120,90,60,60]", "[13,13,58,28]"], boxes.Select(box => box.GetProperty("box").GetRawText()));
        Assert.Equal(1, boxes[0].GetProperty("score").GetDouble(), 0.02);
        Assert.Equal(0.7, boxes[1].GetProperty("score").GetDouble(), 0.02);
        Assert.InRange(boxes[0].GetProperty("area").GetProperty("pixels").GetInt32(), 3600 - 4 * 36, 3600);
        Assert.False(answer.TryGetProperty("mask", out _));
    }

    [Fact]
    public async Task Post_Nothing_GivesNoBox()
    {
        await using var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Paint = request => request.Image;
        using HttpRequestMessage request = VisionRequests.Form(
            "detect",
            Png,
            ("target", "cats"),
            ("raw_image", "true")
        );

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement answer = await response.JsonAsync();
        Assert.False(answer.GetProperty("found").GetBoolean());
        Assert.Equal("[]", answer.GetProperty("boxes").GetRawText());
        Assert.Equal(
            new ImageSize(64, 64),
            ImageCodec.ReadHeader(answer.GetProperty("raw_image").GetBytesFromBase64()).Size
        );
    }
}
