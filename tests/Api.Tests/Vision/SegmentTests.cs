using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

public sealed class SegmentTests : IAsyncLifetime
{
    private static readonly RgbImage Source = TestImages.Plain(128, 128, 40, 60, 90);
    private static readonly byte[] Png = Pictures.Png(Source);

    private readonly ApiApplication _app = new() { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
    private readonly List<EditRequest> _seen = [];
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        _app.Pipeline.OnPrepare = _seen.Add;
        // On the canvas of 64 pixels a side.
        _app.Pipeline.Paint = Painter.Covering((x, y) => x is >= 16 and < 48 && y is >= 8 and < 24);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Post_Target_IsWordedPaintedAndRead()
    {
        JsonElement answer = await SegmentAsync(("target", "the cat on the left"), ("color", "red"), ("seed", "7"));

        EditRequest edit = Assert.Single(_seen);
        Assert.Equal("mark the pixels of the cat on the left in red and leave the rest unchanged", edit.Instruction);
        Assert.Equal((4, 7.5, 1.5, 7L), (edit.Steps, edit.TextGuidanceScale, edit.ImageGuidanceScale, edit.Seed));
        Assert.Equal(new ImageSize(64, 64), edit.WorkingSize?.Exact);
        Assert.Equal((64, 64, true), (edit.Image.Width, edit.Image.Height, edit.IncludeRoundTrip));
        Assert.True(answer.GetProperty("found").GetBoolean());
        Assert.InRange(answer.GetProperty("confidence").GetDouble(), 0.98, 1);
        Assert.Equal("[32,16,64,32]", answer.GetProperty("box").GetRawText());
        Assert.Equal((128, 128), (answer.GetProperty("width").GetInt32(), answer.GetProperty("height").GetInt32()));
        long pixels = answer.GetProperty("area").GetProperty("pixels").GetInt64();
        Assert.InRange(pixels, 64 * 32 - 4 * 16, 64 * 32);
        Assert.Equal(pixels / 16384.0, answer.GetProperty("area").GetProperty("share").GetDouble(), 1e-6);
        Assert.Equal("the cat on the left", answer.GetProperty("target").GetString());
        Assert.Equal(
            """{"instruction":"mark the pixels of the cat on the left in red and leave the rest unchanged","dropped_tokens":0,"color":"red","color_hex":"#ff0000"}""",
            answer.GetProperty("paint").GetRawText()
        );
        JsonElement work = answer.GetProperty("work");
        Assert.Equal(7, work.GetProperty("seed").GetInt32());
        Assert.Equal("64x64", work.GetProperty("working_size").GetString());
        Assert.Equal("painter", work.GetProperty("model").GetString());
        Assert.Equal(2, work.GetProperty("timings").GetProperty("denoise_ms").GetDouble());
        // Only the mask when no formats are asked for.
        Assert.All(
            (string[])["rle", "rle_counts", "polygons", "raw_image"],
            name => Assert.False(answer.TryGetProperty(name, out _))
        );
        AssertMask(Decode(answer.GetProperty("mask").GetBytesFromBase64()), pixels);
    }

    [Fact]
    public async Task Post_AllFormats_TellTheSameMask()
    {
        JsonElement answer = await SegmentAsync(
            ("target", "cat"),
            ("formats", "mask"),
            ("formats", "rle"),
            ("formats", "rle_counts"),
            ("formats", "polygons"),
            ("raw_image", "true")
        );

        RgbImage mask = Decode(answer.GetProperty("mask").GetBytesFromBase64());
        int[] counts =
        [
            .. answer.GetProperty("rle_counts").GetProperty("counts").EnumerateArray().Select(n => n.GetInt32()),
        ];
        Assert.Equal("[128,128]", answer.GetProperty("rle_counts").GetProperty("size").GetRawText());
        Assert.Equal("[128,128]", answer.GetProperty("rle").GetProperty("size").GetRawText());
        int at = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            for (int end = at + counts[i]; at < end; at++)
            {
                Assert.Equal(i % 2 == 1 ? 255 : 0, mask.Pixels[(at % 128 * 128 + at / 128) * 3]);
            }
        }
        Assert.Equal(128 * 128, at);
        Assert.Equal(
            new CocoRle(128, 128, counts).ToCompressed(),
            answer.GetProperty("rle").GetProperty("counts").GetString()
        );
        JsonElement polygon = Assert.Single(answer.GetProperty("polygons").EnumerateArray());
        Assert.Empty(polygon.GetProperty("holes").EnumerateArray());
        Assert.Equal(counts.Where((_, i) => i % 2 == 1).Sum(), AreaOf(polygon.GetProperty("exterior")));
        RgbImage raw = Decode(answer.GetProperty("raw_image").GetBytesFromBase64());
        Assert.Equal((64, 64), (raw.Width, raw.Height));
        Assert.Equal(_app.Pipeline.Paint!(_seen[0]).Memory.ToArray(), raw.Memory.ToArray());
    }

    [Fact]
    public async Task Post_AcceptingPng_GivesTheMaskItself()
    {
        using HttpRequestMessage request = VisionRequests
            .Form("segment", Png, ("target", "cat"), ("seed", "3"))
            .Accepting("image/png");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        byte[] file = await response.Content.ReadAsByteArrayAsync(TestEnd);
        AssertMask(Decode(file), null);
        Assert.Equal("true", Assert.Single(response.Headers.GetValues("X-Found")));
        Assert.Equal("3", Assert.Single(response.Headers.GetValues("X-Seed")));
        Assert.InRange(double.Parse(Assert.Single(response.Headers.GetValues("X-Confidence"))), 0.98, 1);
        Assert.Contains(
            "denoise",
            Assert.Single(response.Headers.GetValues("Server-Timing")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Post_Json_MeansTheSameAsTheForm()
    {
        using HttpRequestMessage request = VisionRequests.Json(
            "segment",
            new
            {
                image = Convert.ToBase64String(Png),
                target = "cat",
                formats = (string[])["rle"],
                color = "#FF0000",
                seed = 6,
                raw_image = false,
            }
        );

        JsonElement form = await SegmentAsync(("target", "cat"), ("formats", "rle"), ("color", "red"), ("seed", "5"));
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        JsonElement json = await response.JsonAsync();

        Assert.Equal(form.GetProperty("rle").GetRawText(), json.GetProperty("rle").GetRawText());
        Assert.Equal(form.GetProperty("paint").GetRawText(), json.GetProperty("paint").GetRawText());
        Assert.Equal(_seen[0] with { Image = _seen[1].Image, Seed = 6 }, _seen[1]);
    }

    [Fact]
    public async Task Post_NothingPainted_IsFoundFalseWithAnEmptyMask()
    {
        _app.Pipeline.Paint = request => request.Image;

        JsonElement answer = await SegmentAsync(
            ("target", "cat"),
            ("formats", "mask"),
            ("formats", "rle_counts"),
            ("formats", "polygons")
        );

        Assert.False(answer.GetProperty("found").GetBoolean());
        Assert.Equal(0, answer.GetProperty("confidence").GetDouble());
        Assert.Equal(0, answer.GetProperty("area").GetProperty("pixels").GetInt32());
        Assert.False(answer.TryGetProperty("box", out _));
        Assert.Equal("[16384]", answer.GetProperty("rle_counts").GetProperty("counts").GetRawText());
        Assert.Equal("[]", answer.GetProperty("polygons").GetRawText());
        Assert.False(Decode(answer.GetProperty("mask").GetBytesFromBase64()).Pixels.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task Post_PictureThatLiesOnItsSide_IsToldUpright()
    {
        // Stored 256 wide and 128 high, to be shown the other way.
        RgbImage upright = TestImages.Photo(128, 256);
        byte[] turned = TestImageFiles.WithOrientation(upright, 6, ImageFileFormat.Png);
        _app.Pipeline.Paint = Painter.Covering((x, y) => x < 16 && y < 16);

        JsonElement answer = await SegmentAsync(turned, ("target", "cat"), ("color", "red"));

        Assert.Equal((128, 256), (answer.GetProperty("width").GetInt32(), answer.GetProperty("height").GetInt32()));
        Assert.Equal("[0,0,32,32]", answer.GetProperty("box").GetRawText());
    }

    [Fact]
    public async Task Post_WithoutColour_TakesTheOneThatStandsOut()
    {
        byte[] red = Pictures.Png(TestImages.Plain(64, 64, 250, 10, 10));
        byte[] white = Pictures.Png(TestImages.Plain(64, 64, 255, 255, 255));

        JsonElement onRed = await SegmentAsync(red, ("target", "cat"));
        JsonElement onWhite = await SegmentAsync(white, ("target", "cat"));

        Assert.Equal("blue", onRed.GetProperty("paint").GetProperty("color").GetString());
        Assert.Equal("black", onWhite.GetProperty("paint").GetProperty("color").GetString());
    }

    [Fact]
    public async Task Post_InstructionOfOnesOwn_IsTakenAsItIs()
    {
        JsonElement named = await SegmentAsync(("instruction", "Fill the cat with yellow please."));
        _app.Pipeline.Paint = request =>
            Painter.Cover(request.Image, new PaintColor(18, 52, 250), 0.5, (x, y) => x < 32 && y < 32);
        JsonElement hex = await SegmentAsync(("instruction", "Fill the cat."), ("color", "#1234fa"));

        Assert.Equal("Fill the cat with yellow please.", _seen[0].Instruction);
        Assert.Equal("#ffff00", named.GetProperty("paint").GetProperty("color_hex").GetString());
        Assert.False(named.TryGetProperty("target", out _));
        Assert.Equal("#1234fa", hex.GetProperty("paint").GetProperty("color_hex").GetString());
        Assert.False(hex.GetProperty("paint").TryGetProperty("color", out _));
        Assert.Equal("[0,0,64,64]", hex.GetProperty("box").GetRawText());
    }

    [Fact]
    public async Task Post_ModelsTemplate_IsUsedWithItsArticle()
    {
        TaskPreset preset = Painter.Model.Tasks[0] with { Templates = ["Place a {color} mask on the {target}."] };
        await using var app = new ApiApplication
        {
            Pipeline = new FakeEditPipeline { Description = Painter.Model with { Tasks = [preset] } },
        };
        using HttpClient client = await app.StartAsync();
        List<string> instructions = [];
        app.Pipeline.OnPrepare = edit => instructions.Add(edit.Instruction);
        foreach (string target in (string[])["the cat", "A cat", "cats {color}", "another cat"])
        {
            using HttpRequestMessage request = VisionRequests.Form(
                "segment",
                Png,
                ("target", target),
                ("color", "blue")
            );
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
        }

        Assert.Equal(
            [
                "Place a blue mask on the cat.",
                "Place a blue mask on the cat.",
                "Place a blue mask on the cats {color}.",
                "Place a blue mask on the another cat.",
            ],
            instructions
        );
    }

    private async Task<JsonElement> SegmentAsync(params (string Name, string Value)[] fields) =>
        await SegmentAsync(Png, fields);

    private async Task<JsonElement> SegmentAsync(byte[] image, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = VisionRequests.Form("segment", image, fields);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return await response.JsonAsync();
    }

    private static RgbImage Decode(byte[] file) => ImageCodec.Decode(file, ImageDecodeLimits.Default).Image;

    private static void AssertMask(RgbImage mask, long? area)
    {
        Assert.Equal((128, 128), (mask.Width, mask.Height));
        long set = 0;
        for (int i = 0; i < 128 * 128; i++)
        {
            int value = mask.Pixels[3 * i];
            (int x, int y) = (i % 128, i / 128);
            bool isNearCorner =
                Math.Min(Math.Abs(x - 31.5), Math.Abs(x - 95.5)) < 4
                && Math.Min(Math.Abs(y - 15.5), Math.Abs(y - 47.5)) < 4;
            Assert.True(value is 0 or 255);
            Assert.True(isNearCorner || value == 255 == (x is >= 32 and < 96 && y is >= 16 and < 48), $"{x},{y}");
            set += value / 255;
        }
        Assert.Equal(area ?? set, set);
    }

    private static double AreaOf(JsonElement ring)
    {
        int[] at = [.. ring.EnumerateArray().Select(n => n.GetInt32())];
        double twice = 0;
        for (int i = 0; i < at.Length; i += 2)
        {
            int j = (i + 2) % at.Length;
            twice += at[i] * at[j + 1] - at[j] * at[i + 1];
        }
        return twice / 2;
    }
}
