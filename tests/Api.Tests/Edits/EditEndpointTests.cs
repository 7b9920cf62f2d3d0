using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class EditEndpointTests : IAsyncLifetime
{
    // Without results in memory, so that the engine sees every request.
    private readonly ApiApplication _app = new() { Settings = { ["Cache:ResultMegabytes"] = "0" } };
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
    public async Task Post_Form_GivesTheEditedPictureAndTellsHow()
    {
        RgbImage source = Pictures.Gradient();
        using HttpRequestMessage request = EditRequests.Form(
            Pictures.Png(source),
            ("instruction", "make it winter"),
            ("steps", "5"),
            ("seed", "4294967295"),
            ("text_guidance_scale", "7.5"),
            ("image_guidance_scale", "1e0"),
            ("sampler", "euler_ancestral"),
            ("size", "128x64"),
            ("negative_instruction", "blurry"),
            ("eta", "0.5"),
            ("determinism", "batch_invariant")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        byte[] file = await response.Content.ReadAsByteArrayAsync(TestEnd);
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(source.Memory.ToArray(), edit.Image.Memory.ToArray());
        Assert.Equal(FakeEditPipeline.Edited(edit).Memory.ToArray(), Decode(file).Image.Memory.ToArray());
        Assert.Equal(
            ("make it winter", "blurry", 5, uint.MaxValue, 7.5, 1.0, SamplerKind.EulerAncestral, 0.5),
            (
                edit.Instruction,
                edit.NegativeInstruction,
                edit.Steps,
                edit.Seed,
                edit.TextGuidanceScale,
                edit.ImageGuidanceScale,
                edit.Sampler,
                edit.Eta
            )
        );
        Assert.Equal(new ImageSize(128, 64), edit.WorkingSize?.Exact);
        Assert.Equal("4294967295", Header(response, "X-Seed"));
        Assert.Equal("5", Header(response, "X-Steps"));
        Assert.Equal(Determinism.BatchInvariant, edit.Determinism);
        Assert.Equal("batch_invariant", Header(response, "X-Determinism"));
        Assert.Equal("fake", Header(response, "X-Model"));
        Assert.Equal("128x64", Header(response, "X-Working-Size"));
        Assert.Contains("denoise;dur=2", Header(response, "Server-Timing"), StringComparison.Ordinal);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(file))}:", Header(response, "Content-Digest"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mask.png")]
    public async Task Post_FormWithAMaskThatNobodyChose_HasNone(string? fileName)
    {
        RgbImage source = Pictures.Gradient();
        using HttpRequestMessage request = EditRequests.Form(Pictures.Png(source), ("instruction", "make it winter"));
        // As Swagger UI and forms of pages send it.
        var form = (MultipartFormDataContent)request.Content!;
        var nothing = new ByteArrayContent([]);
        if (fileName is null)
        {
            form.Add(nothing, "mask");
        }
        else
        {
            form.Add(nothing, "mask", fileName);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        byte[] file = await response.Content.ReadAsByteArrayAsync(TestEnd);
        RgbImage expected = FakeEditPipeline.Edited(Assert.Single(_seen));
        Assert.Equal(expected.Memory.ToArray(), Decode(file).Image.Memory.ToArray());
    }

    [Fact]
    public async Task Post_Json_MeansTheSameAsTheForm()
    {
        byte[] png = Pictures.Png(Pictures.Gradient());
        using HttpRequestMessage form = EditRequests.Form(png, ("instruction", "a"), ("seed", "3"), ("size", "64"));
        using HttpRequestMessage json = EditRequests.Json(
            new
            {
                image = "data:image/png;base64," + Convert.ToBase64String(png),
                instruction = "a",
                seed = 3,
                size = 64,
            }
        );

        using HttpResponseMessage fromForm = await _client.SendAsync(form, TestEnd);
        using HttpResponseMessage fromJson = await _client.SendAsync(json, TestEnd);

        Assert.Equal(
            await fromForm.Content.ReadAsByteArrayAsync(TestEnd),
            await fromJson.Content.ReadAsByteArrayAsync(TestEnd)
        );
        Assert.Equal(_seen[0] with { Image = _seen[1].Image }, _seen[1]);
    }

    [Fact]
    public async Task Post_JsonWithEscapedSlashes_IsUnderstood()
    {
        string base64 = Convert
            .ToBase64String(Pictures.Png(Pictures.Gradient()))
            .Replace("/", "\\/", StringComparison.Ordinal);
        using HttpRequestMessage request = EditRequests.JsonText(
            $$"""{"image": "{{base64}}", "instruction": "\ud83d\ude00 caf\u00e9", "steps": null}"""
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("😀 café", Assert.Single(_seen).Instruction);
    }

    [Fact]
    public async Task Post_AcceptingJson_GivesEverythingInOne()
    {
        using HttpRequestMessage request = EditRequests
            .Good(("seed", "9"), ("output_format", "webp"))
            .Accepting("application/json");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        JsonElement answer = await response.JsonAsync();
        DecodedImage picture = Decode(answer.GetProperty("image").GetBytesFromBase64());
        Assert.Equal(ImageFileFormat.Webp, picture.Format);
        Assert.Equal((12, 8), (picture.Image.Width, picture.Image.Height));
        Assert.Equal(
            """{"format":"webp","width":12,"height":8,"seed":9,"steps":3,"sampler":"ddim","text_guidance_scale":5,"image_guidance_scale":1.25,"eta":0,"determinism":"fast","working_size":"64x64","dropped_tokens":0,"finish_reason":"completed","steps_done":3,"model":"fake","untrained":true}""",
            Without(answer, "image", "timings")
        );
        Assert.Equal(2, answer.GetProperty("timings").GetProperty("denoise_ms").GetDouble());
    }

    [Fact]
    public async Task Post_WithoutSeed_DrawsOneAndTellsIt()
    {
        List<string> seeds = [];
        for (int i = 0; i < 3; i++)
        {
            using HttpRequestMessage request = EditRequests.Good();
            using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
            seeds.Add(Header(response, "X-Seed"));
        }

        Assert.Equal(seeds, _seen.Select(edit => $"{edit.Seed}"));
        Assert.Equal(3, seeds.Distinct(StringComparer.Ordinal).Count());
        Assert.All(_seen, edit => Assert.InRange(edit.Seed, 0, uint.MaxValue));
    }

    [Fact]
    public async Task Post_PictureWithAlpha_HasItAgainInThePng()
    {
        RgbImage source = Pictures.Gradient();
        byte[] alpha = [.. Enumerable.Range(0, source.Width * source.Height).Select(i => (byte)(i * 2))];
        using HttpRequestMessage asPng = EditRequests.Form(Pictures.Png(source, alpha), ("instruction", "a"));
        using HttpRequestMessage asJpeg = EditRequests
            .Form(Pictures.Png(source, alpha), ("instruction", "a"))
            .Accepting("image/jpeg");

        using HttpResponseMessage png = await _client.SendAsync(asPng, TestEnd);
        using HttpResponseMessage jpeg = await _client.SendAsync(asJpeg, TestEnd);

        Assert.Equal(alpha, Decode(await png.Content.ReadAsByteArrayAsync(TestEnd)).Alpha);
        Assert.Equal(ImageFileFormat.Jpeg, Decode(await jpeg.Content.ReadAsByteArrayAsync(TestEnd)).Format);
    }

    [Theory]
    [InlineData("make it winter \u0000 now")]
    [InlineData("\u202eright to left\u202c")]
    [InlineData("👩‍👩‍👧‍👦 and 𝕗𝕒𝕟𝕔𝕪")]
    public async Task Post_UnusualInstruction_ReachesTheModelAsItIs(string instruction)
    {
        using HttpRequestMessage request = EditRequests.Form(
            Pictures.Png(Pictures.Gradient()),
            ("instruction", instruction)
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(instruction, Assert.Single(_seen).Instruction);
    }

    [Fact]
    public async Task Post_ModelRefusesTheEdit_NamesTheField()
    {
        _app.Pipeline.OnPrepare = _ => throw new InvalidEditException("size", "does not suit this picture");
        using HttpRequestMessage request = EditRequests.Good();

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal("size", problem.GetProperty("param").GetString());
        Assert.Equal("size: does not suit this picture", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Post_ModelGivesNan_SaysSo()
    {
        _app.Pipeline.OnFinish = _ => throw new NonFiniteImageException("decode");
        using HttpRequestMessage request = EditRequests.Good().Accepting("image/png");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(500, "non_finite_image");
    }

    [Fact]
    public async Task Post_ModelBreaksOnOneEdit_AnswersWithoutInternalsAndGoesOn()
    {
        _app.Pipeline.OnStep = _ => throw new ArithmeticException("secret of the inside");
        using HttpRequestMessage request = EditRequests.Good();

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(500, "internal_error");
        Assert.Equal("false", Assert.Single(response.Headers.GetValues("x-should-retry")));
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
        string traceId = problem.GetProperty("traceId").GetString()!;
        await ApiApplication.Until(() =>
            _app.Logs.Lines.Any(line => line.Contains($"Edit {traceId}: 500", StringComparison.Ordinal))
        );
        Assert.Contains(_app.Logs.Lines, line => line.Contains("secret of the inside", StringComparison.Ordinal));

        _app.Pipeline.OnStep = null;
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage good = await _client.SendAsync(next, TestEnd);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact]
    public async Task Post_Done_LogsOneLineWithoutTheInstruction()
    {
        using HttpRequestMessage request = EditRequests.Form(
            Pictures.Png(Pictures.Gradient()),
            ("instruction", "a private wish"),
            ("seed", "77")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        await ApiApplication.Until(() =>
            _app.Logs.Lines.Any(line => line.Contains("seed 77", StringComparison.Ordinal))
        );

        string line = Assert.Single(_app.Logs.Lines, line => line.Contains("seed 77", StringComparison.Ordinal));
        Assert.Contains("200 ok, 12x8, ddim 3 steps, scales 5 and 1.25", line, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.Logs.Lines, text => text.Contains("private wish", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_ManyAtOnce_ShareStepsAndEachGetsItsOwn()
    {
        _app.Pipeline.OnStep = _ => Thread.Sleep(5);
        Task<HttpResponseMessage>[] sent =
        [
            .. Enumerable
                .Range(0, 12)
                .Select(i => _client.SendAsync(EditRequests.Good(("seed", $"{i}"), ("steps", $"{2 + i}")), TestEnd)),
        ];

        HttpResponseMessage[] responses = await Task.WhenAll(sent);

        for (int i = 0; i < responses.Length; i++)
        {
            EditRequest edit = _seen.Single(seen => seen.Seed == i);
            byte[] file = await responses[i].Content.ReadAsByteArrayAsync(TestEnd);
            Assert.Equal(FakeEditPipeline.Edited(edit).Memory.ToArray(), Decode(file).Image.Memory.ToArray());
            responses[i].Dispose();
        }
        Assert.Contains(_app.Pipeline.Steps, names => names.Length > 1);
        Assert.Empty(_app.Pipeline.Breaches);
    }

    private static DecodedImage Decode(byte[] file) => ImageCodec.Decode(file, ImageDecodeLimits.Default);

    private static string Header(HttpResponseMessage response, string name) =>
        Assert.Single(
            response.Headers.TryGetValues(name, out var own) ? own : response.Content.Headers.GetValues(name)
        );

    private static string Without(JsonElement element, params string[] names) =>
        JsonSerializer.Serialize(
            element
                .EnumerateObject()
                .Where(p => !names.Contains(p.Name, StringComparer.Ordinal))
                .ToDictionary(p => p.Name, p => p.Value)
        );
}
