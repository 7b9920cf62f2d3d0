using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Edits;

/// <summary>One request that should not be, and how each route answers it.</summary>
/// <param name="What">What is bad about it.</param>
/// <param name="Native">Status of POST /v1/edits.</param>
/// <param name="OpenAi">Status of POST /v1/images/edits.</param>
/// <param name="Make">Makes it.</param>
internal sealed record BadInput(string What, int Native, int OpenAi, Func<EditRoute, HttpRequestMessage> Make)
{
    public BadInput(string what, int status, Func<EditRoute, HttpRequestMessage> make)
        : this(what, status, status, make) { }
}

/// <summary>
/// The forty bad inputs that the server is held to, by their numbers. Four are elsewhere: 36 (addresses) in Security, 37's headers
/// and 39 (slow and broken uploads) in <see cref="BadInputTests"/> and <see cref="DisconnectTests"/>, 40's keys and job ids in Jobs.
/// </summary>
internal static class FortyBadInputs
{
    public const int MaxBodyBytes = 2_000_000;

    private static readonly RgbImage Picture = Pictures.Gradient(200, 200);
    private static readonly byte[] Png = Pictures.Png(Picture);
    private static readonly byte[] Jpeg = Pictures.Jpeg(Picture);
    private static readonly Lazy<byte[]> Huge = new(() => PngBytes.OneColour(30_000, 30_000));

    public static IReadOnlyDictionary<int, BadInput[]> ByNumber { get; } =
        new Dictionary<int, BadInput[]>
        {
            [1] = [new("empty body", 400, route => route.Raw("", "application/json"))],
            [2] = [new("no content type", 415, route => route.Raw("{}", contentType: null))],
            [3] = [new("plain text", 415, route => route.Raw("hello", "text/plain"))],
            [4] = [new("no boundary", 400, route => route.Raw("x", "multipart/form-data"))],
            [5] =
            [
                new(
                    "cut within a part",
                    400,
                    route =>
                        route.Raw(
                            "--x\r\nContent-Disposition: form-data; name=image\r\n\r\nabc",
                            "multipart/form-data; boundary=x"
                        )
                ),
            ],
            [6] = [new("broken JSON", 400, route => route.Raw("{\n  \"steps\": 5,,\n}", "application/json"))],
            [7] =
            [
                new(
                    "JSON of depth 10,000",
                    400,
                    route => route.Raw($$"""{"a": {{new string('[', 10_000)}}""", "application/json")
                ),
            ],
            [8] =
            [
                new("prompt twice", 400, route => route.Good((route.Prompt, "again"))),
                new("prompt twice in JSON", 400, route => route.Json("a", $", \"{route.Prompt}\": \"b\"")),
                new("prompt and instruction", 400, route => route.Good(("prompt", "a"), ("instruction", "b"))),
            ],
            [9] =
            [
                new("unknown field", 422, 200, route => route.Good(("step", "5"))),
                new("unknown member", 422, 200, route => route.Json("a", ", \"options\": {\"a\": [1]}")),
            ],
            [10] =
            [
                new("no prompt", 422, route => route.Unprompted()),
                new("empty prompt", 422, route => route.Prompted("")),
                new("blank prompt", 422, route => route.Prompted(" \t\n")),
            ],
            [11] = [new("prompt of 100,000", 422, route => route.Prompted(new string('a', 100_000)))],
            [12] =
            [
                new("half a surrogate pair", 422, route => route.Json("a\\ud800b")),
                new("NUL", 200, route => route.Json("a\\u0000b")),
                new("right to left", 200, route => route.Prompted("\u202Eright to left\u202C")),
                new("emoji", 200, route => route.Prompted("👩‍👩‍👧‍👦 and 𝕗𝕒𝕟𝕔𝕪")),
                new("100 words", 200, route => route.Prompted(string.Join(' ', Enumerable.Repeat("word", 100)))),
            ],
            [13] = [new("no image", 422, route => route.Form(image: null))],
            [14] = [new("image of zero bytes", 422, route => route.Form([]))],
            [15] = [new("text as an image", 415, route => route.Form("I am not a picture"u8.ToArray()))],
            [16] =
            [
                new(
                    "signature and garbage",
                    422,
                    route => route.Form([.. Png[..8], .. Enumerable.Repeat((byte)7, 200)])
                ),
            ],
            [17] = [new("false checksum", 422, route => route.Form(WithFlippedByte(Png)))],
            [18] =
            [
                new("half a PNG", 422, route => route.Form(Png[..(Png.Length / 2)])),
                new("half a JPEG", 422, route => route.Form(Jpeg[..(Jpeg.Length / 2)])),
            ],
            [19] = [new("30,000 a side", 413, route => route.Form(Huge.Value))],
            [20] = [new("claims 65,535 a side", 413, route => route.Form(PngBytes.Claim(65_535, 65_535)))],
            [21] =
            [
                new("no width", 422, route => route.Form(PngBytes.Claim(0, 5))),
                new("1x1", 200, route => route.Form(Pictures.Png(Pictures.Gradient(1, 1)))),
                new("1x20,000", 413, route => route.Form(PngBytes.OneColour(1, 20_000))),
            ],
            [22] =
            [
                new(
                    "200 MB of text",
                    200,
                    route =>
                        route.Form(PngBytes.Insert(Png, "zTXt", [.. "a\0\0"u8, .. PngBytes.DeflatedZeros(200_000_000)]))
                ),
            ],
            [23] =
            [
                new("one byte too many", 413, route => route.Raw(new byte[MaxBodyBytes + 1], "application/json")),
                new(
                    "the same in chunks",
                    413,
                    route => Chunked(route.Raw(new byte[MaxBodyBytes + 1], "application/json"))
                ),
            ],
            [24] = [new("form too long", 413, route => route.Form(new byte[MaxBodyBytes]))],
            [25] =
            [
                new(
                    "animated WebP",
                    415,
                    route => route.Form(TestImageFiles.AnimatedWebp(Picture, TestImages.Plain(200, 200, 9, 8, 7)))
                ),
                new("GIF", 415, route => route.Form(TestImageFiles.Gif(Picture))),
                new(
                    "animated PNG",
                    415,
                    route => route.Form(PngBytes.Insert(Png, "acTL", PngBytes.AnimationControl(2)))
                ),
            ],
            [26] =
            [
                new(
                    "SVG with an entity",
                    415,
                    route =>
                        route.Form(
                            Encoding.ASCII.GetBytes(
                                "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><svg>&x;</svg>"
                            )
                        )
                ),
            ],
            [27] =
            [
                new("TIFF", 415, route => route.Form([0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 0, 0])),
                new("PSD", 415, route => route.Form([.. "8BPS"u8, 0, 1, .. new byte[40]])),
                new("HEIC", 415, route => route.Form([0, 0, 0, 24, .. "ftypheic"u8, .. new byte[40]])),
                new("AVIF", 415, route => route.Form([0, 0, 0, 24, .. "ftypavif"u8, .. new byte[40]])),
            ],
            [28] =
            [
                new("CMYK", 200, route => route.Form(TestImageFiles.CmykJpeg(20, 20, 255, 0, 0, 0))),
                new("16 bits", 200, route => route.Form(TestImageFiles.Png16(Picture))),
                new("palette and alpha", 200, route => route.Form(PaletteWithAlpha())),
                new("grey and alpha", 200, route => route.Form(GreyWithAlpha())),
            ],
            [29] =
            [
                .. Enumerable
                    .Range(1, 8)
                    .Select(orientation => new BadInput(
                        $"orientation {orientation}",
                        200,
                        route => route.Form(TestImageFiles.WithOrientation(Picture, orientation), ("seed", "1"))
                    )),
            ],
            [30] =
            [
                new(
                    "hostile profile",
                    200,
                    route =>
                        route.Form(PngBytes.Insert(Png, "iCCP", [.. "x\0\0"u8, .. PngBytes.DeflatedZeros(9 << 20)]))
                ),
            ],
            [31] =
            [
                new(
                    "mask of another size",
                    422,
                    route => route.Masked(Png, Masks.Transparent(200, 201, (_, y) => y > 9))
                ),
                // Here the bright part of an opaque mask counts; OpenAI knows transparent masks only.
                new(
                    "mask without alpha",
                    200,
                    422,
                    route => route.Masked(Png, Masks.Bright(200, 200, (_, y) => y > 9))
                ),
                new("black mask", 422, route => route.Masked(Png, Masks.Bright(200, 200, (_, _) => false))),
                new("JPEG mask", 422, route => route.Masked(Png, Jpeg)),
            ],
            [32] =
            [
                .. Refused(
                    "size",
                    "1024x",
                    "-1x5",
                    "999999x999999",
                    "512x513",
                    "５１２x５１２",
                    "0x0",
                    "16x64x16",
                    "x"
                ),
                new(
                    "wrong working size",
                    422,
                    route => route.Good((route.IsNative ? "size" : "working_size", "512x513"))
                ),
            ],
            [33] = [.. Refused("n", "0", "11", "1.5", "two", "1000000000", "-1", "")],
            [34] =
            [
                .. Refused("steps", "0", "-1", "1000000"),
                .. Refused("text_scale", "NaN", "Infinity", "-1", "1e308"),
                .. Refused("image_scale", "NaN", "Infinity", "-1", "1e308"),
            ],
            [35] = [.. Refused("seed", "-1", "4294967296", "18446744073709551616", "abc")],
            [37] =
            [
                new("20 images", 400, TwentyImages),
                new(
                    "5,000 parts",
                    400,
                    route => route.Good([.. Enumerable.Range(0, 5_000).Select(i => ($"f{i}", "v"))])
                ),
            ],
            [38] = [new("compressed body", 415, Compressed)],
            [40] =
            [
                // OpenAI's route always answers JSON, as theirs does.
                new("Accept video/mp4", 406, 200, route => route.Good().Accepting("video/mp4")),
                new("garbage traceparent", 200, WithGarbageTrace),
            ],
        };

    private static IEnumerable<BadInput> Refused(string field, params string[] values) =>
        values.Select(value => new BadInput($"{field} {value}", 422, route => route.Good((field, value))));

    private static HttpRequestMessage Chunked(HttpRequestMessage request)
    {
        request.Headers.TransferEncodingChunked = true;
        return request;
    }

    private static HttpRequestMessage Compressed(EditRoute route)
    {
        HttpRequestMessage request = route.Good();
        request.Content!.Headers.ContentEncoding.Add("gzip");
        return request;
    }

    private static HttpRequestMessage WithGarbageTrace(EditRoute route)
    {
        HttpRequestMessage request = route.Good();
        request.Headers.TryAddWithoutValidation("traceparent", "zz-garbage");
        return request;
    }

    private static HttpRequestMessage TwentyImages(EditRoute route)
    {
        HttpRequestMessage request = route.Good();
        for (int i = 1; i < 20; i++)
        {
            ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(Png), "image", $"{i}.png");
        }
        return request;
    }

    private static byte[] PaletteWithAlpha() =>
        TestImageFiles.PalettePng(Picture, TestImages.FadingAlpha(Picture.Width, Picture.Height));

    private static byte[] GreyWithAlpha() =>
        TestImageFiles.Grey(Picture, ImageFileFormat.Png, TestImages.FadingAlpha(Picture.Width, Picture.Height));

    private static byte[] WithFlippedByte(byte[] png)
    {
        byte[] copy = [.. png];
        copy[copy.AsSpan().IndexOf("IDAT"u8) + 6] ^= 0x55;
        return copy;
    }
}
