using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Edits;

/// <summary>Every kind of bad input gets its clear answer, and the next good request works.</summary>
public sealed class BadInputTests(BadInputTests.Server server) : IClassFixture<BadInputTests.Server>
{
    private static readonly byte[] Png = Pictures.Png(Pictures.Gradient());
    private static readonly string Base64 = Convert.ToBase64String(Png);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    /// <summary>Name → request, status, code and the field to blame.</summary>
    private static readonly Dictionary<
        string,
        (Func<HttpRequestMessage> Make, int Status, string Code, string? Field)
    > Cases = new()
    {
        ["empty JSON body"] = (() => EditRequests.JsonText(""), 400, "malformed_body", null),
        ["empty form body"] = (() => Raw("", "multipart/form-data; boundary=x"), 400, "malformed_body", null),
        ["no content type"] = (() => EditRequests.Good().WithType(null), 415, "unsupported_body", null),
        ["no body at all"] = (() => EditRequests.Post(null), 415, "unsupported_body", null),
        ["text/plain"] = (() => Raw("hello", "text/plain"), 415, "unsupported_body", null),
        ["url-encoded form"] = (
            () => Raw("instruction=a", "application/x-www-form-urlencoded"),
            415,
            "unsupported_body",
            null
        ),
        ["no boundary"] = (() => EditRequests.Good().WithType("multipart/form-data"), 400, "malformed_body", null),
        ["endless boundary"] = (
            () => EditRequests.Good().WithType($"multipart/form-data; boundary={new string('b', 71)}"),
            400,
            "malformed_body",
            null
        ),
        ["wrong boundary"] = (
            () => EditRequests.Good().WithType("multipart/form-data; boundary=other"),
            400,
            "malformed_body",
            null
        ),
        ["cut within a part"] = (
            () =>
                Raw("--x\r\nContent-Disposition: form-data; name=image\r\n\r\nabc", "multipart/form-data; boundary=x"),
            400,
            "malformed_body",
            null
        ),
        ["part without a name"] = (
            () =>
                Raw("--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n", "multipart/form-data; boundary=x"),
            400,
            "malformed_body",
            null
        ),
        ["part without disposition"] = (
            () => Raw("--x\r\nContent-Type: text/plain\r\n\r\nabc\r\n--x--\r\n", "multipart/form-data; boundary=x"),
            400,
            "malformed_body",
            null
        ),
        ["5000 parts"] = (
            () => EditRequests.Good([.. Enumerable.Range(0, 5000).Select(i => ($"f{i}", "v"))]),
            400,
            "malformed_body",
            null
        ),
        ["20 images"] = (() => Images(20), 400, "duplicate_field", "image"),
        ["broken JSON"] = (() => EditRequests.JsonText("{\n  \"steps\": 5,,\n}"), 400, "malformed_body", null),
        ["JSON array"] = (() => EditRequests.JsonText("[]"), 400, "malformed_body", null),
        ["JSON of depth 10000"] = (
            () => EditRequests.JsonText($$"""{"a": {{new string('[', 10_000)}}"""),
            400,
            "malformed_body",
            null
        ),
        ["JSON that is not UTF-8"] = (
            () => Raw([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], "application/json"),
            400,
            "malformed_body",
            null
        ),
        ["duplicate in a form"] = (
            () => EditRequests.Good(("instruction", "again")),
            400,
            "duplicate_field",
            "instruction"
        ),
        ["duplicate in JSON"] = (
            () => EditRequests.JsonText("""{"steps": 1, "steps": 2}"""),
            400,
            "duplicate_field",
            "steps"
        ),
        ["unknown form field"] = (() => EditRequests.Good(("step", "5")), 422, "invalid_parameter", "step"),
        ["unknown JSON field"] = (() => JsonWith("\"m\": 1"), 422, "invalid_parameter", "m"),
        ["unknown JSON object"] = (() => JsonWith("\"options\": {\"a\": [1]}"), 422, "invalid_parameter", "options"),
        ["no instruction"] = (() => EditRequests.Form(Png), 422, "invalid_parameter", "instruction"),
        ["empty instruction"] = (
            () => EditRequests.Form(Png, ("instruction", "")),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["blank instruction"] = (
            () => EditRequests.Form(Png, ("instruction", " \t\n")),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["null instruction"] = (
            () => EditRequests.JsonText($$"""{"image": "{{Base64}}", "instruction": null}"""),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["instruction of 100,000"] = (
            () => EditRequests.Form(Png, ("instruction", new string('a', 100_000))),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["instruction of 4,001"] = (
            () => EditRequests.Form(Png, ("instruction", new string('a', 4_001))),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["instruction is a number"] = (
            () => EditRequests.JsonText($$"""{"image": "{{Base64}}", "instruction": 5}"""),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["half a surrogate pair"] = (
            () => EditRequests.JsonText($$"""{"image": "{{Base64}}", "instruction": "a\ud800b"}"""),
            422,
            "invalid_parameter",
            "instruction"
        ),
        ["half a pair in a name"] = (() => EditRequests.JsonText("""{"\ud800": 1}"""), 400, "malformed_body", null),
        ["instruction not UTF-8"] = (() => NotUtf8(), 422, "invalid_parameter", "instruction"),
        ["no image"] = (() => EditRequests.Form(null, ("instruction", "a")), 422, "invalid_parameter", "image"),
        ["no image in JSON"] = (() => EditRequests.Json(new { instruction = "a" }), 422, "invalid_parameter", "image"),
        ["image of zero bytes"] = (() => Image([]), 422, "invalid_image", "image"),
        ["image is text"] = (
            () => Image(Encoding.ASCII.GetBytes("I am not a picture")),
            415,
            "unsupported_image",
            "image"
        ),
        ["signature and garbage"] = (
            () => Image([.. Png[..8], .. Enumerable.Range(0, 200).Select(i => (byte)i)]),
            422,
            "invalid_image",
            "image"
        ),
        ["false checksum"] = (() => Image(WithFlippedByte(Png)), 422, "invalid_image", "image"),
        ["half a PNG"] = (() => Image(Half(Pictures.Png(Pictures.Gradient(200, 200)))), 422, "invalid_image", "image"),
        ["half a JPEG"] = (
            () => Image(Half(Pictures.Jpeg(Pictures.Gradient(200, 200)))),
            422,
            "invalid_image",
            "image"
        ),
        ["PNG claiming 65,535²"] = (() => Image(Claiming(65_535, 65_535)), 413, "image_too_large", "image"),
        ["PNG of 30,000 a side"] = (() => Image(Claiming(30_000, 30_000)), 413, "image_too_large", "image"),
        ["PNG of no width"] = (() => Image(Claiming(0, 5)), 422, "invalid_image", "image"),
        ["1 by 20,000"] = (() => Image(Claiming(1, 20_000)), 413, "image_too_large", "image"),
        ["GIF"] = (() => Image([.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0, 0x3B]), 415, "unsupported_image", "image"),
        ["SVG with entity"] = (
            () =>
                Image(
                    Encoding.ASCII.GetBytes(
                        "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><svg>&x;</svg>"
                    )
                ),
            415,
            "unsupported_image",
            "image"
        ),
        ["TIFF"] = (() => Image([0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 0, 0]), 415, "unsupported_image", "image"),
        ["not base64"] = (
            () => EditRequests.Json(new { instruction = "a", image = "!!!" }),
            422,
            "invalid_parameter",
            "image"
        ),
        ["image is a number"] = (
            () => EditRequests.Json(new { instruction = "a", image = 5 }),
            422,
            "invalid_parameter",
            "image"
        ),
        ["image is an address"] = (
            () => EditRequests.Json(new { instruction = "a", image = "http://169.254.169.254/latest" }),
            422,
            "invalid_parameter",
            "image"
        ),
        ["data URL without base64"] = (
            () => EditRequests.Json(new { instruction = "a", image = "data:image/png,abc" }),
            422,
            "invalid_parameter",
            "image"
        ),
        ["steps 0"] = (() => EditRequests.Good(("steps", "0")), 422, "invalid_parameter", "steps"),
        ["steps -1"] = (() => EditRequests.Good(("steps", "-1")), 422, "invalid_parameter", "steps"),
        ["steps 501"] = (() => EditRequests.Good(("steps", "501")), 422, "invalid_parameter", "steps"),
        ["steps 1000000"] = (() => EditRequests.Good(("steps", "1000000")), 422, "invalid_parameter", "steps"),
        ["steps 1.5"] = (() => EditRequests.Good(("steps", "1.5")), 422, "invalid_parameter", "steps"),
        ["steps abc"] = (() => EditRequests.Good(("steps", "abc")), 422, "invalid_parameter", "steps"),
        ["steps in Arabic digits"] = (() => EditRequests.Good(("steps", "٥")), 422, "invalid_parameter", "steps"),
        ["steps empty"] = (() => EditRequests.Good(("steps", "")), 422, "invalid_parameter", "steps"),
        ["steps a JSON string"] = (() => JsonWith("\"steps\": \"5\""), 422, "invalid_parameter", "steps"),
        ["steps 1e9 in JSON"] = (() => JsonWith("\"steps\": 1e9"), 422, "invalid_parameter", "steps"),
        ["steps true"] = (() => JsonWith("\"steps\": true"), 422, "invalid_parameter", "steps"),
        ["seed -1"] = (() => EditRequests.Good(("seed", "-1")), 422, "invalid_parameter", "seed"),
        ["seed 2^32"] = (() => EditRequests.Good(("seed", "4294967296")), 422, "invalid_parameter", "seed"),
        ["seed 2^64"] = (() => JsonWith("\"seed\": 18446744073709551616"), 422, "invalid_parameter", "seed"),
        ["text scale NaN"] = (
            () => EditRequests.Good(("text_guidance_scale", "NaN")),
            422,
            "invalid_parameter",
            "text_guidance_scale"
        ),
        ["text scale infinite"] = (
            () => EditRequests.Good(("text_guidance_scale", "Infinity")),
            422,
            "invalid_parameter",
            "text_guidance_scale"
        ),
        ["text scale 1e308"] = (
            () => EditRequests.Good(("text_guidance_scale", "1e308")),
            422,
            "invalid_parameter",
            "text_guidance_scale"
        ),
        ["text scale -1"] = (
            () => EditRequests.Good(("text_guidance_scale", "-1")),
            422,
            "invalid_parameter",
            "text_guidance_scale"
        ),
        ["image scale 1e999"] = (
            () => JsonWith("\"image_guidance_scale\": 1e999"),
            422,
            "invalid_parameter",
            "image_guidance_scale"
        ),
        ["image scale 50.1"] = (
            () => EditRequests.Good(("image_guidance_scale", "50.1")),
            422,
            "invalid_parameter",
            "image_guidance_scale"
        ),
        ["determinism perfect"] = (
            () => EditRequests.Good(("determinism", "perfect")),
            422,
            "invalid_parameter",
            "determinism"
        ),
        ["eta 1.1"] = (() => EditRequests.Good(("eta", "1.1")), 422, "invalid_parameter", "eta"),
        ["unknown sampler"] = (() => EditRequests.Good(("sampler", "magic")), 422, "invalid_parameter", "sampler"),
        ["unknown format"] = (
            () => EditRequests.Good(("output_format", "gif")),
            422,
            "invalid_parameter",
            "output_format"
        ),
        ["size 1024x"] = (() => EditRequests.Good(("size", "1024x")), 422, "invalid_parameter", "size"),
        ["size -1x5"] = (() => EditRequests.Good(("size", "-1x5")), 422, "invalid_parameter", "size"),
        ["size huge"] = (() => EditRequests.Good(("size", "999999x999999")), 422, "invalid_parameter", "size"),
        ["size overflowing"] = (() => EditRequests.Good(("size", "99999999999x64")), 422, "invalid_parameter", "size"),
        ["size 512x513"] = (() => EditRequests.Good(("size", "512x513")), 422, "invalid_parameter", "size"),
        ["size 0x0"] = (() => EditRequests.Good(("size", "0x0")), 422, "invalid_parameter", "size"),
        ["size 63"] = (() => EditRequests.Good(("size", "63")), 422, "invalid_parameter", "size"),
        ["size 1025"] = (() => EditRequests.Good(("size", "1025")), 422, "invalid_parameter", "size"),
        ["size of 1,114,112 pixels"] = (
            () => EditRequests.Good(("size", "1088x1024")),
            422,
            "invalid_parameter",
            "size"
        ),
        ["size in wide digits"] = (
            () => EditRequests.Good(("size", "５１２x５１２")),
            422,
            "invalid_parameter",
            "size"
        ),
        ["compressed body"] = (() => Compressed(), 415, "unsupported_body", null),
        ["body over the limit"] = (() => Image(new byte[Server.MaxBodyBytes]), 413, "body_too_large", null),
        ["Accept video/mp4"] = (() => EditRequests.Good().Accepting("video/mp4"), 406, "not_acceptable", null),
        ["Accept against output_format"] = (
            () => EditRequests.Good(("output_format", "png")).Accepting("image/webp"),
            406,
            "not_acceptable",
            null
        ),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_BadInput_IsRefusedClearlyAndTheNextRequestWorks(string name)
    {
        (Func<HttpRequestMessage> make, int status, string code, string? field) = Cases[name];
        using HttpRequestMessage request = make();

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(status, code);
        Assert.Equal(field, problem.TryGetProperty("param", out JsonElement param) ? param.GetString() : null);
        if (status == 422)
        {
            Assert.True(problem.GetProperty("errors").TryGetProperty(field!, out _), problem.GetRawText());
        }
        await server.AssertServesAsync();
    }

    [Fact]
    public async Task Post_SeveralFaults_NamesThemAll()
    {
        using HttpRequestMessage request = EditRequests.Form(
            null,
            ("steps", "abc"),
            ("seed", "-1"),
            ("instruction", "")
        );

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        string[] fields = [.. problem.GetProperty("errors").EnumerateObject().Select(error => error.Name)];
        Assert.Equal(["instruction", "steps", "seed", "image"], fields);
        Assert.Equal(
            "must be a whole number between 1 and 500, got 'abc'",
            problem.GetProperty("errors").GetProperty("steps")[0].GetString()
        );
    }

    [Fact]
    public async Task Post_BrokenJson_SaysWhere()
    {
        using HttpRequestMessage request = EditRequests.JsonText("{\n  \"steps\": 5,,\n}");

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(400, "malformed_body");
        Assert.Contains("line 2, position 14", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ChunkedBodyOverTheLimit_IsRefusedToo()
    {
        // No Content-Length: the length is not known before it was read.
        string chunk = $"{8192:x}\r\n{new string('a', 8192)}\r\n";
        string body = string.Concat(Enumerable.Repeat(chunk, (Server.MaxBodyBytes / 8192) + 1));

        string answer = await RawHttp.SendAsync(
            server.App.Address,
            "POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                + body
        );

        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"body_too_large\"", answer, StringComparison.Ordinal);
        await server.AssertServesAsync();
    }

    [Fact]
    public async Task Post_FieldNamesOfOneByteOverTheLimit_AreReadUpToTheLimit()
    {
        byte[] exactly = new byte[Server.MaxBodyBytes];
        Array.Fill(exactly, (byte)' ');

        using HttpRequestMessage atLimit = Raw(exactly, "application/json");
        using HttpRequestMessage over = Raw([.. exactly, (byte)' '], "application/json");
        using HttpResponseMessage read = await server.Client.SendAsync(atLimit, TestEnd);
        using HttpResponseMessage refused = await server.Client.SendAsync(over, TestEnd);

        await read.ProblemAsync(400, "malformed_body");
        await refused.ProblemAsync(413, "body_too_large");
    }

    [Fact]
    public async Task Post_TenThousandHeaders_IsRefusedByTheServerItself()
    {
        string headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: v\r\n"));

        string answer = await RawHttp.SendAsync(
            server.App.Address,
            $"POST /v1/edits HTTP/1.1\r\nHost: x\r\n{headers}\r\n"
        );

        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
        await server.AssertServesAsync();
    }

    [Fact]
    public async Task Post_GarbageTraceParent_IsIgnored()
    {
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.TryAddWithoutValidation("traceparent", "zz-garbage");

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_BodyThatNeverArrives_TimesOut()
    {
        // Of its own, as an honest upload to a busy machine may take longer than this.
        await using var app = new ApiApplication { Settings = { ["Limits:UploadSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();

        string answer = await RawHttp.SendAsync(
            app.Address,
            "POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        );

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"upload_too_slow\"", answer, StringComparison.Ordinal);
        using HttpResponseMessage live = await client.GetAsync("/health/live", TestEnd);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    private static HttpRequestMessage Image(byte[] image) => EditRequests.Form(image, ("instruction", "a"));

    private static HttpRequestMessage Images(int count)
    {
        var form = new MultipartFormDataContent();
        for (int i = 0; i < count; i++)
        {
            form.Add(new ByteArrayContent(Png), "image", $"{i}.png");
        }
        return EditRequests.Post(form);
    }

    private static HttpRequestMessage JsonWith(string more) =>
        EditRequests.JsonText($$"""{"image": "{{Base64}}", "instruction": "a", {{more}}}""");

    private static HttpRequestMessage NotUtf8()
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(Png), "image", "a.png" } };
        form.Add(new ByteArrayContent([0x61, 0xFF, 0x62]), "instruction");
        return EditRequests.Post(form);
    }

    private static HttpRequestMessage Compressed()
    {
        HttpRequestMessage request = EditRequests.Good();
        request.Content!.Headers.ContentEncoding.Add("gzip");
        return request;
    }

    private static HttpRequestMessage Raw(string body, string contentType) =>
        Raw(Encoding.UTF8.GetBytes(body), contentType);

    private static HttpRequestMessage Raw(byte[] body, string contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return EditRequests.Post(content);
    }

    private static byte[] Half(byte[] file) => file[..(file.Length / 2)];

    private static byte[] WithFlippedByte(byte[] png)
    {
        byte[] copy = [.. png];
        copy[copy.AsSpan().IndexOf("IDAT"u8) + 6] ^= 0x55;
        return copy;
    }

    /// <summary>A PNG whose header tells this size.</summary>
    private static byte[] Claiming(uint width, uint height)
    {
        byte[] copy = [.. Png];
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(29), Crc32(copy.AsSpan(12, 17)));
        return copy;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }
        return ~crc;
    }

    /// <summary>One server for all cases, with small limits.</summary>
    public sealed class Server : IAsyncLifetime
    {
        public const int MaxBodyBytes = 1_000_000;

        public ApiApplication App { get; } = new() { Settings = { ["Limits:MaxBodyBytes"] = $"{MaxBodyBytes}" } };

        public HttpClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Client = await App.StartAsync();

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await App.DisposeAsync();
        }

        public async Task AssertServesAsync()
        {
            using HttpRequestMessage request = EditRequests.Good();
            using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }
}
