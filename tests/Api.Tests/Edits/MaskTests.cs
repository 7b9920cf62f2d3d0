using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class MaskTests : IAsyncLifetime
{
    private const int Width = 40;
    private const int Height = 30;
    private static readonly RgbImage Source = Pictures.Gradient(Width, Height);

    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Post_TransparentMask_EditsThereAndNowhereElse()
    {
        byte[] mask = Masks.Transparent(Width, Height, IsRight);

        RgbImage result = await EditAsync(Pictures.Png(Source), mask);

        AssertComposed(result, Source);
    }

    [Fact]
    public async Task Post_BrightMask_EditsThereAndNowhereElse()
    {
        byte[] mask = Masks.Bright(Width, Height, IsRight);

        RgbImage result = await EditAsync(Pictures.Png(Source), mask);

        AssertComposed(result, Source);
    }

    [Fact]
    public async Task Post_PictureOnItsSide_TakesAMaskOfTheUprightOne()
    {
        byte[] onItsSide = TestImageFiles.WithOrientation(Source, orientation: 6);

        RgbImage result = await EditAsync(onItsSide, Masks.Transparent(Width, Height, IsRight));

        AssertComposed(result, Source);
    }

    [Fact]
    public async Task Post_NotPreserving_FadesBeyondTheMask()
    {
        byte[] mask = Masks.Transparent(Width, Height, IsRight);

        RgbImage kept = await EditAsync(Pictures.Png(Source), mask);
        RgbImage faded = await EditAsync(Pictures.Png(Source), mask, ("preserve_outside_mask", "false"));

        int outside = (Width / 2) - 1;
        Assert.Equal(At(Source, outside), At(kept, outside));
        Assert.NotEqual(At(Source, outside), At(faded, outside));
        Assert.Equal(At(Source, outside - 5), At(faded, outside - 5));
    }

    [Fact]
    public async Task Post_SeveralPicturesWithAMask_ComposesEach()
    {
        using HttpRequestMessage request = Request(
            Pictures.Png(Source),
            Masks.Transparent(Width, Height, IsRight),
            ("n", "2"),
            ("seed", "0")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        foreach (var picture in (await response.JsonAsync()).GetProperty("images").EnumerateArray())
        {
            byte[] file = picture.GetProperty("image").GetBytesFromBase64();
            Assert.Equal(At(Source, 3), At(ImageCodec.Decode(file, ImageDecodeLimits.Default).Image, 3));
        }
    }

    public static TheoryData<string, byte[], int> BadMasks =>
        new()
        {
            { "another size", Masks.Transparent(Width, Height + 1, IsRight), 422 },
            { "marks nothing", Masks.Bright(Width, Height, (_, _) => false), 422 },
            { "marks no transparent pixel", Masks.Transparent(Width, Height, (_, _) => false), 422 },
            { "a JPEG", Pictures.Jpeg(Source), 422 },
            { "no picture", "I am no picture"u8.ToArray(), 415 },
            { "half a PNG", Masks.Transparent(Width, Height, IsRight)[..60], 422 },
        };

    [Theory]
    [MemberData(nameof(BadMasks), DisableDiscoveryEnumeration = true)]
    public async Task Post_BadMask_IsRefused(string what, byte[] mask, int status)
    {
        using HttpRequestMessage request = Request(Pictures.Png(Source), mask);

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.True((int)response.StatusCode == status, $"{what}: {(int)response.StatusCode}");
        Assert.Equal("mask", (await response.JsonAsync()).GetProperty("param").GetString());
    }

    private static bool IsRight(int x, int y) => x >= Width / 2;

    // The source is inverted by the fake model; 40x30 has a seam of one pixel.
    private static void AssertComposed(RgbImage result, RgbImage source)
    {
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int at = ((y * Width) + x) * RgbImage.Channels;
                int before = source.Pixels[at];
                int expected =
                    x < Width / 2 ? before
                    : x == Width / 2 ? (before + (255 - before) + 1) / 2
                    : 255 - before;
                Assert.Equal(expected, result.Pixels[at]);
            }
        }
    }

    private async Task<RgbImage> EditAsync(byte[] picture, byte[] mask, params (string, string)[] fields)
    {
        using HttpRequestMessage request = Request(picture, mask, [.. fields, ("seed", "0")]);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        byte[] file = await response.Content.ReadAsByteArrayAsync(TestEnd);
        Assert.True(response.IsSuccessStatusCode, System.Text.Encoding.UTF8.GetString(file));
        return ImageCodec.Decode(file, ImageDecodeLimits.Default).Image;
    }

    private static HttpRequestMessage Request(byte[] picture, byte[] mask, params (string, string)[] fields)
    {
        HttpRequestMessage request = EditRequests.Form(picture, [("instruction", "a"), .. fields]);
        ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(mask), "mask", "mask.png");
        return request;
    }

    private static int At(RgbImage image, int x) => image.Pixels[((5 * image.Width) + x) * RgbImage.Channels];
}
