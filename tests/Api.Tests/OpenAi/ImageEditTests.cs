using System.Net;
using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.OpenAi;

public sealed class ImageEditTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
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
    public async Task Post_Form_AnswersAsOpenAiDoes()
    {
        using HttpRequestMessage request = OpenAiRequests.Good(("seed", "7"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement answer = await SuccessAsync(response);
        Assert.Equal(
            ["created", "data", "background", "output_format", "size", "quality", "usage"],
            answer.EnumerateObject().Select(member => member.Name)
        );
        Assert.InRange(answer.GetProperty("created").GetInt64(), 1_700_000_000, long.MaxValue);
        Assert.Equal(
            """{"total_tokens":133,"input_tokens":69,"output_tokens":64,"input_tokens_details":{"text_tokens":5,"image_tokens":64}}""",
            answer.GetProperty("usage").GetRawText()
        );
        Assert.Equal(
            ("opaque", "png", "12x8", "auto"),
            (Text(answer, "background"), Text(answer, "output_format"), Text(answer, "size"), Text(answer, "quality"))
        );
        JsonElement picture = Assert.Single(answer.GetProperty("data").EnumerateArray());
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(FakeEditPipeline.Edited(edit).Memory.ToArray(), Decode(picture).Image.Memory.ToArray());
        Assert.Equal(7, picture.GetProperty("seed").GetInt64());
        Assert.Equal("fake", response.Headers.GetValues("X-Model").Single());
        Assert.NotEmpty(response.Headers.GetValues("x-request-id").Single());
        Assert.InRange(int.Parse(response.Headers.GetValues("openai-processing-ms").Single()), 0, 60_000);
        Assert.False(response.Headers.Contains("x-ignored-params"));
    }

    [Fact]
    public async Task Post_EveryExtensionField_ReachesTheModel()
    {
        using HttpRequestMessage request = OpenAiRequests.Good(
            ("seed", "9"),
            ("steps", "5"),
            ("text_scale", "3"),
            ("image_scale", "2"),
            ("negative_prompt", "blurry"),
            ("sampler", "euler"),
            ("eta", "0.5"),
            ("determinism", "batch_invariant"),
            ("working_size", "128x64")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await SuccessAsync(response);
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(
            (9, 5, 3.0, 2.0, "blurry", Engine.Sampling.SamplerKind.Euler, 0.5),
            (
                edit.Seed,
                edit.Steps,
                edit.TextGuidanceScale,
                edit.ImageGuidanceScale,
                edit.NegativeInstruction,
                edit.Sampler,
                edit.Eta
            )
        );
        Assert.Equal(new ImageSize(128, 64), edit.WorkingSize?.Exact);
        Assert.Equal(Determinism.BatchInvariant, edit.Determinism);
        Assert.Equal("batch_invariant", response.Headers.GetValues("X-Determinism").Single());
        Assert.Equal("completed", response.Headers.GetValues("X-Finish-Reason").Single());
        Assert.False(response.Headers.Contains("x-ignored-params"));
    }

    [Fact]
    public async Task Post_HeaderOfTheOtherRoute_IsToldToHaveNoEffect()
    {
        using HttpRequestMessage request = OpenAiRequests.Good();
        request.Headers.Add("Prefer", "respond-async");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await SuccessAsync(response);
        Assert.Equal("Prefer", response.Headers.GetValues("x-ignored-params").Single());
    }

    [Fact]
    public async Task Post_ListOfOneImage_IsTaken()
    {
        byte[] png = Pictures.Png(Pictures.Gradient());
        using HttpRequestMessage asArray = OpenAiRequests.Form([("image[]", png)], ("prompt", "a"));
        using HttpRequestMessage asJson = OpenAiRequests.Json(
            new { prompt = "a", images = new[] { OpenAiRequests.Reference(png) } }
        );

        using HttpResponseMessage fromArray = await _client.SendAsync(asArray, TestEnd);
        using HttpResponseMessage fromJson = await _client.SendAsync(asJson, TestEnd);

        await SuccessAsync(fromArray);
        await SuccessAsync(fromJson);
        Assert.All(_seen, edit => Assert.Equal(Pictures.Gradient().Pixels, edit.Image.Pixels));
    }

    [Fact]
    public async Task Post_SeveralImages_AreRefusedRatherThanDropped()
    {
        byte[] png = Pictures.Png(Pictures.Gradient());
        object one = OpenAiRequests.Reference(png);
        using HttpRequestMessage form = OpenAiRequests.Form([("image[]", png), ("image[]", png)], ("prompt", "a"));
        using HttpRequestMessage json = OpenAiRequests.Json(new { prompt = "a", images = new[] { one, one, one } });

        using HttpResponseMessage fromForm = await _client.SendAsync(form, TestEnd);
        using HttpResponseMessage fromJson = await _client.SendAsync(json, TestEnd);

        JsonElement error = await fromForm.ErrorAsync(400, "too_many_images");
        Assert.Equal("image[]", error.GetProperty("param").GetString());
        await fromJson.ErrorAsync(400, "too_many_images");
    }

    [Theory]
    [InlineData("crop", 32, 32)]
    [InlineData("stretch", 32, 32)]
    [InlineData("fit", 48, 16)]
    public async Task Post_Size_IsExactlyTheAnswers(string resize, int width, int height)
    {
        RgbImage source = Pictures.Gradient(40, 20);
        using HttpRequestMessage request = OpenAiRequests.Form(
            [("image", Pictures.Png(source))],
            ("prompt", "a"),
            ("size", $"{width}x{height}"),
            ("resize", resize)
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement answer = await SuccessAsync(response);
        Assert.Equal($"{width}x{height}", Text(answer, "size"));
        RgbImage picture = Decode(answer.GetProperty("data")[0]).Image;
        Assert.Equal((width, height), (picture.Width, picture.Height));
        // The model is given the picture as it will be answered.
        Assert.Equal((width, height), (_seen[0].Image.Width, _seen[0].Image.Height));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("48x32")]
    public async Task Post_SizeOfTheSource_LeavesItAlone(string size)
    {
        RgbImage source = Pictures.Gradient(48, 32);
        using HttpRequestMessage request = OpenAiRequests.Form(
            [("image", Pictures.Png(source))],
            ("prompt", "a"),
            ("size", size)
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await SuccessAsync(response);
        Assert.Equal(source.Pixels, Assert.Single(_seen).Image.Pixels);
    }

    [Fact]
    public async Task Post_MaskAndSize_KeepTheResizedSourceOutside()
    {
        RgbImage source = Pictures.Gradient(48, 32);
        byte[] mask = Masks.Transparent(48, 32, (x, _) => x >= 24);
        using HttpRequestMessage request = OpenAiRequests.Form(
            [("image", Pictures.Png(source)), ("mask", mask)],
            ("prompt", "a"),
            ("size", "96x64")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        RgbImage answer = Decode((await SuccessAsync(response)).GetProperty("data")[0]).Image;
        RgbImage resized = Assert.Single(_seen).Image;
        int left = 10 * 96 * RgbImage.Channels;
        int half = 40 * RgbImage.Channels;
        Assert.Equal(resized.Pixels.Slice(left, half), answer.Pixels.Slice(left, half));
        Assert.NotEqual(
            resized.Pixels.Slice(left + half + 60, half).ToArray(),
            answer.Pixels.Slice(left + half + 60, half).ToArray()
        );
    }

    [Theory]
    [InlineData("auto", 3, "auto")]
    [InlineData("standard", 3, "medium")]
    [InlineData("low", 2, "low")]
    [InlineData("high", 6, "high")]
    public async Task Post_Quality_SetsTheSteps(string quality, int steps, string told)
    {
        using HttpRequestMessage request = OpenAiRequests.Good(("quality", quality));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(told, Text(await SuccessAsync(response), "quality"));
        Assert.Equal(steps, Assert.Single(_seen).Steps);
    }

    [Theory]
    [InlineData("auto", true, "transparent")]
    [InlineData("transparent", true, "transparent")]
    [InlineData("opaque", false, "opaque")]
    public async Task Post_Background_DecidesOnTheSourcesTransparency(string background, bool isKept, string told)
    {
        RgbImage source = Pictures.Gradient();
        byte[] alpha = [.. Enumerable.Range(0, source.Width * source.Height).Select(i => (byte)(i * 2))];
        using HttpRequestMessage request = OpenAiRequests.Form(
            [("image", Pictures.Png(source, alpha))],
            ("prompt", "a"),
            ("background", background)
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement answer = await SuccessAsync(response);
        Assert.Equal(told, Text(answer, "background"));
        Assert.Equal(isKept ? alpha : null, Decode(answer.GetProperty("data")[0]).Alpha);
    }

    [Fact]
    public async Task Post_OutputFormatAndCompression_ShapeTheFile()
    {
        using HttpRequestMessage fine = OpenAiRequests.Good(("output_format", "jpeg"), ("seed", "1"));
        using HttpRequestMessage coarse = OpenAiRequests.Good(
            ("output_format", "jpeg"),
            ("seed", "1"),
            ("output_compression", "5")
        );

        using HttpResponseMessage large = await _client.SendAsync(fine, TestEnd);
        using HttpResponseMessage small = await _client.SendAsync(coarse, TestEnd);

        JsonElement answer = await SuccessAsync(large);
        Assert.Equal("jpeg", Text(answer, "output_format"));
        byte[] largeFile = answer.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64();
        byte[] smallFile = (await SuccessAsync(small))
            .GetProperty("data")[0]
            .GetProperty("b64_json")
            .GetBytesFromBase64();
        Assert.Equal(ImageFileFormat.Jpeg, ImageCodec.Decode(largeFile, ImageDecodeLimits.Default).Format);
        Assert.True(smallFile.Length < largeFile.Length, $"{smallFile.Length} < {largeFile.Length}");
    }

    [Fact]
    public async Task Post_ResponseFormatUrl_HoldsThePictureItself()
    {
        using HttpRequestMessage request = OpenAiRequests.Good(("response_format", "url"), ("output_format", "webp"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement picture = (await SuccessAsync(response)).GetProperty("data")[0];
        Assert.False(picture.TryGetProperty("b64_json", out _));
        string url = Text(picture, "url");
        const string head = "data:image/webp;base64,";
        Assert.StartsWith(head, url, StringComparison.Ordinal);
        byte[] file = Convert.FromBase64String(url[head.Length..]);
        Assert.Equal(ImageFileFormat.Webp, ImageCodec.Decode(file, ImageDecodeLimits.Default).Format);
    }

    [Fact]
    public async Task Post_WhatHasNoEffect_IsTakenAndToldBack()
    {
        using HttpRequestMessage request = OpenAiRequests.Good(
            ("user", "someone"),
            ("moderation", "low"),
            ("input_fidelity", "high"),
            ("model", "gpt-image-1.5"),
            ("partial_images", "2"),
            ("output_compression", "50"),
            ("quality", "high"),
            ("steps", "2"),
            ("background", "transparent"),
            ("style", "vivid"),
            ("a[b]", "1"),
            ("na,me é", "x"),
            ("style", "again")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await SuccessAsync(response);
        Assert.Equal(
            [
                "a[b]",
                "background",
                "input_fidelity",
                "model",
                "moderation",
                "na?me??",
                "output_compression",
                "partial_images",
                "quality",
                "style",
                "user",
            ],
            response.Headers.GetValues("x-ignored-params").Single().Split(", ").Order(StringComparer.Ordinal)
        );
        Assert.Equal(2, Assert.Single(_seen).Steps);
    }

    [Theory]
    [InlineData("fake", 200)]
    [InlineData("gpt-image-1", 200)]
    [InlineData("dall-e-2", 200)]
    [InlineData("flux", 404)]
    [InlineData("", 404)]
    public async Task Post_Model_IsTheServedOneOrOneOfOpenAi(string model, int status)
    {
        using HttpRequestMessage request = OpenAiRequests.Good(("model", model));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 404)
        {
            JsonElement error = await response.ErrorAsync(404, "model_not_found");
            Assert.Contains("'fake' is", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Post_LongPrompt_IsTakenAndCountedBack()
    {
        using HttpRequestMessage request = OpenAiRequests.Form(
            [("image", Pictures.Png(Pictures.Gradient()))],
            ("prompt", new string('é', 32_000))
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await SuccessAsync(response);
        Assert.True(response.Headers.Contains("X-Dropped-Tokens"));
    }

    private static async Task<JsonElement> SuccessAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync(TestEnd);
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return await response.JsonAsync();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static DecodedImage Decode(JsonElement picture) =>
        ImageCodec.Decode(picture.GetProperty("b64_json").GetBytesFromBase64(), ImageDecodeLimits.Default);
}
