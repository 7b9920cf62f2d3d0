using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Api.Tests.Vision;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Replay;

public sealed class ReplayTests : IAsyncLifetime
{
    private static readonly RgbImage Source = TestImages.Photo(96, 64);
    private static readonly byte[] SourceFile = Pictures.Png(Source);

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
    public async Task Edit_Png_CarriesItsRecordAndTheTextForViewers()
    {
        byte[] picture = await EditAsync(
            ("instruction", "make it \"winter\" ❄"),
            ("negative_instruction", "blurry"),
            ("seed", "5"),
            ("size", "128x64")
        );

        IReadOnlyDictionary<string, string> text = ImageCodec.ReadText(picture);

        Assert.Equal(
            $$"""{"version":1,"software":"InstructDiffusion for .NET 0.1.0","model":"fake","instruction":"make it \"winter\" ❄","negative_instruction":"blurry","seed":5,"steps":3,"sampler":"ddim","text_guidance_scale":5,"image_guidance_scale":1.25,"eta":0,"size":"128x64","source_sha256":"{{Sha(SourceFile)}}"}""",
            text["instructdiffusion"]
        );
        Assert.Equal(
            "make it \"winter\" ❄\nNegative prompt: blurry\nSteps: 3, Sampler: ddim, CFG scale: 5, Image CFG scale: 1.25, Seed: 5, "
                + "Size: 128x64, Model: fake, Version: InstructDiffusion for .NET 0.1.0",
            text["parameters"]
        );
    }

    [Fact]
    public async Task Edit_LessMetadata_TellsLess()
    {
        byte[] minimal = await EditAsync(("instruction", "a secret"), ("metadata", "minimal"));
        byte[] none = await EditAsync(("instruction", "a secret"), ("metadata", "none"));

        Assert.Equal(["instructdiffusion"], ImageCodec.ReadText(minimal).Keys);
        Assert.DoesNotContain("secret", ImageCodec.ReadText(minimal)["instructdiffusion"], StringComparison.Ordinal);
        Assert.Empty(ImageCodec.ReadText(none));
    }

    [Fact]
    public async Task Replay_UnchangedServer_GivesTheSamePixels()
    {
        byte[] picture = await EditAsync(
            ("instruction", "make it winter"),
            ("negative_instruction", "blurry"),
            ("steps", "4"),
            ("eta", "0.25"),
            ("sampler", "ddim"),
            ("text_guidance_scale", "7.1"),
            ("determinism", "batch_invariant"),
            ("size", "64")
        );

        JsonElement answer = await ReplayAsync(picture, SourceFile);

        Assert.True(answer.GetProperty("identical").GetBoolean());
        Assert.Equal(0, answer.GetProperty("max_pixel_difference").GetInt32());
        Assert.Equal(0, answer.GetProperty("different_pixels").GetInt32());
        Assert.Equal("[]", answer.GetProperty("differences").GetRawText());
        Assert.Equal("make it winter", answer.GetProperty("record").GetProperty("instruction").GetString());
        Assert.Equal(Determinism.BatchInvariant, _seen[1].Determinism);
        Assert.Equal(new ImageSize(64, 64), _seen[1].WorkingSize?.Exact);
        Assert.Equal(_seen[0] with { Image = _seen[1].Image, WorkingSize = _seen[1].WorkingSize }, _seen[1]);
    }

    [Fact]
    public async Task Replay_SecondOfSeveralWithAMask_GivesTheSamePixels()
    {
        byte[] mask = Pictures.Png(
            Painter.Cover(TestImages.Plain(96, 64, 0, 0, 0), new(255, 255, 255), 1, (x, _) => x < 40)
        );
        using HttpRequestMessage request = EditRequests
            .Form(SourceFile, ("instruction", "a"), ("n", "2"), ("seed", "9"), ("preserve_outside_mask", "false"))
            .Accepting("application/json");
        ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(mask), "mask", "mask.png");
        using HttpResponseMessage made = await _client.SendAsync(request, TestEnd);
        byte[] second = (await made.JsonAsync()).GetProperty("images")[1].GetProperty("image").GetBytesFromBase64();

        JsonElement answer = await ReplayAsync(second, SourceFile, mask);
        using HttpResponseMessage without = await SendAsync(second, SourceFile);

        Assert.True(answer.GetProperty("identical").GetBoolean(), answer.GetRawText());
        Assert.Equal(10, answer.GetProperty("record").GetProperty("seed").GetInt32());
        Assert.Equal(Sha(mask), answer.GetProperty("record").GetProperty("mask_sha256").GetString());
        JsonElement problem = await without.ProblemAsync(422, "source_mismatch");
        Assert.Equal("mask", problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Replay_ModelThatPaintsOtherwise_TellsHowMuchAndWhatHasChanged()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("old"), "old weights");
        File.WriteAllText(folder.Of("new"), "new weights");
        byte[] picture = await MadeByAsync("first", folder.Of("old"));
        await using var second = ServerOf("second", folder.Of("new"));
        using HttpClient client = await second.StartAsync();
        await WeightsOf(client);
        second.Pipeline.Paint = request =>
        {
            byte[] pixels = FakeEditPipeline.Edited(request).Pixels.ToArray();
            pixels[3] ^= 1;
            pixels[7] = (byte)(pixels[7] < 128 ? pixels[7] + 40 : pixels[7] - 40);
            return new RgbImage(request.Image.Width, request.Image.Height, pixels);
        };

        using HttpResponseMessage response = await client.SendAsync(Request(picture, SourceFile), TestEnd);

        JsonElement answer = await response.JsonAsync();
        Assert.False(answer.GetProperty("identical").GetBoolean());
        Assert.Equal(40, answer.GetProperty("max_pixel_difference").GetInt32());
        Assert.Equal(2, answer.GetProperty("different_pixels").GetInt32());
        Assert.Equal("""["model","weights_sha256"]""", answer.GetProperty("differences").GetRawText());
        Assert.Equal(Sha("old weights"u8), answer.GetProperty("made").GetProperty("weights_sha256").GetString());
        Assert.Equal(Sha("new weights"u8), answer.GetProperty("now").GetProperty("weights_sha256").GetString());
    }

    [Fact]
    public async Task Replay_MinimalRecord_NeedsTheInstruction()
    {
        byte[] picture = await EditAsync(("instruction", "make it winter"), ("metadata", "minimal"));

        using HttpResponseMessage without = await SendAsync(picture, SourceFile);
        JsonElement with = await ReplayAsync(picture, SourceFile, null, ("instruction", "make it winter"));

        JsonElement problem = await without.ProblemAsync(422, "invalid_parameter");
        Assert.Equal("instruction", problem.GetProperty("param").GetString());
        Assert.True(with.GetProperty("identical").GetBoolean());
    }

    [Fact]
    public async Task Replay_InstructionBesideTheRecords_IsRefused()
    {
        byte[] picture = await EditAsync(("instruction", "make it winter"));

        using HttpResponseMessage response = await SendAsync(picture, SourceFile, null, ("instruction", "another"));

        await response.ProblemAsync(422, "invalid_parameter");
    }

    [Fact]
    public async Task Replay_OtherSource_IsRefusedWithBothHashes()
    {
        byte[] picture = await EditAsync(("instruction", "a"));
        byte[] other = Pictures.Png(TestImages.Photo(96, 64, seed: 2));

        using HttpResponseMessage response = await SendAsync(picture, other);

        JsonElement problem = await response.ProblemAsync(422, "source_mismatch");
        Assert.Contains(Sha(other), problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("source", problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Replay_MaskForAPictureWithoutOne_IsRefused()
    {
        byte[] picture = await EditAsync(("instruction", "a"));

        using HttpResponseMessage response = await SendAsync(picture, SourceFile, SourceFile);

        await response.ProblemAsync(422, "source_mismatch");
    }

    [Fact]
    public async Task Replay_PictureOfAnotherSize_IsRefused()
    {
        byte[] picture = await EditAsync(("instruction", "a"));
        byte[] cut = ImageCodec.Encode(
            TestImages.Photo(48, 64),
            ImageFileFormat.Png,
            text: new Dictionary<string, string>
            {
                ["instructdiffusion"] = ImageCodec.ReadText(picture)["instructdiffusion"],
            }
        );

        using HttpResponseMessage response = await SendAsync(cut, SourceFile);

        JsonElement problem = await response.ProblemAsync(422, "source_mismatch");
        Assert.Contains("48x64", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadRecords =>
        new()
        {
            { "not JSON", "{" },
            { "null", "null" },
            { "a list", "[]" },
            { "unknown field", With("\"seed\":5", "\"seed\":5,\"extra\":1") },
            { "duplicate field", With("\"seed\":5", "\"seed\":5,\"seed\":6") },
            { "later version", With("\"version\":1", "\"version\":2") },
            { "no seed", With("\"seed\":5,", "") },
            { "text for a number", With("\"seed\":5", "\"seed\":\"5\"") },
            { "unknown sampler", With("\"ddim\"", "\"magic\"") },
            { "size that is none", With("128x64", "128") },
            { "endless", With("\"a\"", $"\"{new string('a', 70_000)}\"") },
        };

    [Theory]
    [MemberData(nameof(BadRecords))]
    public async Task Replay_BadRecord_IsRefused(string what, string record)
    {
        using HttpResponseMessage response = await SendAsync(Stamped(record), SourceFile);

        JsonElement problem = await response.ProblemAsync(422, "no_record");
        Assert.True(problem.GetProperty("detail").GetString()!.Length > 20, what);
    }

    [Theory]
    [InlineData("\"steps\":3", "\"steps\":100000", "steps")]
    [InlineData("\"steps\":3", "\"steps\":0", "steps")]
    [InlineData("\"seed\":5", "\"seed\":-5", "seed")]
    [InlineData("\"eta\":0", "\"eta\":2", "eta")]
    [InlineData("\"text_guidance_scale\":5", "\"text_guidance_scale\":1e9", "text_guidance_scale")]
    [InlineData("\"a\"", "\" \"", "instruction")]
    public async Task Replay_RecordOutOfRange_NamesTheField(string was, string written, string field)
    {
        using HttpResponseMessage response = await SendAsync(Stamped(With(was, written)), SourceFile);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(field, problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Replay_PictureWithoutRecord_IsRefused()
    {
        byte[] none = await EditAsync(("instruction", "a"), ("metadata", "none"));
        foreach (byte[] picture in (byte[][])[none, SourceFile, Pictures.Jpeg(Source)])
        {
            using HttpResponseMessage response = await SendAsync(picture, SourceFile);
            await response.ProblemAsync(422, "no_record");
        }
    }

    [Fact]
    public async Task Replay_NoSource_NamesIt()
    {
        using HttpRequestMessage request = EditRequests.Form(SourceFile);
        request.RequestUri = new Uri("/v1/replay", UriKind.Relative);

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal("source", problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Models_WeightsWithFiles_TellTheirHashOnceItIsKnown()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("model"), "weights");
        await using ApiApplication app = ServerOf("m", folder.Of("model"));
        using HttpClient client = await app.StartAsync();

        Assert.Equal(Sha("weights"u8), await WeightsOf(client));
    }

    [Fact]
    public async Task Models_WeightsThatCannotBeRead_AreWithoutHashAndTheLogSaysWhy()
    {
        using var folder = new TempFolder();
        await using ApiApplication app = ServerOf("m", folder.Of("gone"));
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage response = await client.GetAsync("/v1/models", TestEnd);

        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("SHA-256", StringComparison.Ordinal))
        );

        Assert.False((await response.JsonAsync()).GetProperty("data")[0].TryGetProperty("weights_sha256", out _));
    }

    private static string With(string was, string written) =>
        $$"""{"version":1,"software":"s","model":"fake","instruction":"a","seed":5,"steps":3,"sampler":"ddim","text_guidance_scale":5,"image_guidance_scale":1.25,"eta":0,"size":"128x64","source_sha256":"{{Sha(SourceFile)}}"}""".Replace(
            was,
            written,
            StringComparison.Ordinal
        );

    private static byte[] Stamped(string record) =>
        ImageCodec.Encode(
            Source,
            ImageFileFormat.Png,
            text: new Dictionary<string, string> { ["instructdiffusion"] = record }
        );

    private static string Sha(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static ApiApplication ServerOf(string name, string weights) =>
        new()
        {
            Pipeline = new FakeEditPipeline
            {
                Description = new FakeEditPipeline().Description with
                {
                    Name = name,
                    WeightFiles = [new WeightFile("model", [weights])],
                },
            },
        };

    private static async Task<string> WeightsOf(HttpClient client)
    {
        string? hash = null;
        while (hash is null)
        {
            using HttpResponseMessage response = await client.GetAsync("/v1/models", TestEnd);
            JsonElement model = (await response.JsonAsync()).GetProperty("data")[0];
            hash = model.TryGetProperty("weights_sha256", out JsonElement known) ? known.GetString() : null;
        }
        return hash;
    }

    private static async Task<byte[]> MadeByAsync(string name, string weights)
    {
        await using ApiApplication app = ServerOf(name, weights);
        using HttpClient client = await app.StartAsync();
        await WeightsOf(client);
        using HttpRequestMessage request = EditRequests.Form(
            SourceFile,
            ("instruction", "make it winter"),
            ("seed", "5")
        );
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        return await response.Content.ReadAsByteArrayAsync(TestEnd);
    }

    private static HttpRequestMessage Request(
        byte[] picture,
        byte[] source,
        byte[]? mask = null,
        params (string Name, string Value)[] fields
    )
    {
        HttpRequestMessage request = EditRequests.Form(picture, fields);
        request.RequestUri = new Uri("/v1/replay", UriKind.Relative);
        var form = (MultipartFormDataContent)request.Content!;
        form.Add(new ByteArrayContent(source), "source", "source.png");
        if (mask is not null)
        {
            form.Add(new ByteArrayContent(mask), "mask", "mask.png");
        }
        return request;
    }

    private async Task<byte[]> EditAsync(params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = EditRequests.Form(SourceFile, fields);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsByteArrayAsync(TestEnd);
    }

    private async Task<HttpResponseMessage> SendAsync(
        byte[] picture,
        byte[] source,
        byte[]? mask = null,
        params (string Name, string Value)[] fields
    )
    {
        using HttpRequestMessage request = Request(picture, source, mask, fields);
        return await _client.SendAsync(request, TestEnd);
    }

    private async Task<JsonElement> ReplayAsync(
        byte[] picture,
        byte[] source,
        byte[]? mask = null,
        params (string Name, string Value)[] fields
    )
    {
        using HttpResponseMessage response = await SendAsync(picture, source, mask, fields);
        JsonElement answer = await response.JsonAsync();
        Assert.True((int)response.StatusCode == 200, answer.GetRawText());
        return answer;
    }
}
