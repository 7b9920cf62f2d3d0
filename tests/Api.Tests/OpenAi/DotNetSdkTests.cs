using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using OpenAI;
using OpenAI.Images;
using OpenAI.Models;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>The official OpenAI SDK for .NET works with this server unchanged.</summary>
public sealed class DotNetSdkTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edit_OnePicture_GivesIt()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();

        GeneratedImage image = await ImagesOf(app)
            .GenerateImageEditAsync(Picture(), "picture.png", "make it winter", cancellationToken: TestEnd);

        // No seed can be said here, so the picture itself tells it: the first byte is 255 - 0 + seed.
        var picture = Engine
            .Imaging.ImageCodec.Decode(image.ImageBytes, Engine.Imaging.ImageDecodeLimits.Default)
            .Image;
        long seed = (byte)(picture.Pixels[0] + 1);
        Assert.Equal(Pixels(SdkExpectations.Edited(seed)), picture.Memory.ToArray());
    }

    [Fact]
    public async Task Edit_WithMaskAndOptions_TakesThem()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();
        byte[] mask = Masks.Transparent(12, 8, (x, _) => x >= 6);

        GeneratedImage image = await ImagesOf(app)
            .GenerateImageEditAsync(
                Picture(),
                "picture.png",
                "make it winter",
                new MemoryStream(mask),
                "mask.png",
                new ImageEditOptions
                {
                    Size = new GeneratedImageSize(32, 32),
                    ResponseFormat = GeneratedImageFormat.Bytes,
                    EndUserId = "someone",
                },
                TestEnd
            );

        var picture = Engine
            .Imaging.ImageCodec.Decode(image.ImageBytes, Engine.Imaging.ImageDecodeLimits.Default)
            .Image;
        Assert.Equal((32, 32), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task Edits_ThreePictures_GivesAll()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();

        ClientResult<GeneratedImageCollection> answer = await ImagesOf(app)
            .GenerateImageEditsAsync(Picture(), "picture.png", "make it winter", 3, cancellationToken: TestEnd);

        Assert.Equal(3, answer.Value.Count);
        Assert.Equal(3, answer.Value.Select(image => Convert.ToHexString(image.ImageBytes)).Distinct().Count());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Assert.InRange(answer.Value.CreatedAt, now.AddHours(-1), now.AddHours(1));
    }

    // The SDK has no method of its own for streams of edits; this is its way for what it has no method for.
    [Fact]
    public async Task Edit_Stream_GivesPartialPicturesAndTheWhole()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();
        using HttpRequestMessage request = OpenAiRequests.Good(
            ("seed", "7"),
            ("steps", "6"),
            ("stream", "true"),
            ("partial_images", "2")
        );
        byte[] form = await request.Content!.ReadAsByteArrayAsync(TestEnd);

        ClientResult answer = await ImagesOf(app)
            .GenerateImageEditsAsync(
                BinaryContent.Create(BinaryData.FromBytes(form)),
                request.Content.Headers.ContentType!.ToString(),
                new RequestOptions { BufferResponse = false, CancellationToken = TestEnd }
            );

        List<string> types = [];
        string last = "";
        await foreach (
            SseItem<string> item in SseParser.Create(answer.GetRawResponse().ContentStream!).EnumerateAsync(TestEnd)
        )
        {
            types.Add(item.EventType);
            last = item.Data;
        }
        Assert.Equal(["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"], types);
        using JsonDocument completed = JsonDocument.Parse(last);
        Assert.Equal(
            Pixels(SdkExpectations.Edited(7)),
            Pixels(completed.RootElement.GetProperty("b64_json").GetBytesFromBase64())
        );
    }

    [Fact]
    public async Task Edits_BadCount_IsTheirError()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();

        var error = await Assert.ThrowsAsync<ClientResultException>(() =>
            ImagesOf(app).GenerateImageEditsAsync(Picture(), "picture.png", "make it winter", 11, null, TestEnd)
        );

        Assert.Equal(422, error.Status);
        Assert.Contains("invalid_parameter", error.Message, StringComparison.Ordinal);
        Assert.Contains("between 1 and 10", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_QueueFull_IsTriedAgainWhenTheServerSaid()
    {
        await using ApiApplication app = SdkExpectations.WithOnePlace();
        using HttpClient client = await app.StartAsync();
        Task<HttpResponseMessage>[] before = await SdkExpectations.FillAsync(app, client);

        Task<ClientResult<GeneratedImage>> retrying = ImagesOf(app)
            .GenerateImageEditAsync(Picture(), "picture.png", "make it winter", cancellationToken: TestEnd);
        await SdkExpectations.ReleaseAfterRefusalAsync(app);
        ClientResult<GeneratedImage> answer = await retrying;

        Assert.Equal(200, answer.GetRawResponse().Status);
        Assert.NotEmpty(answer.Value.ImageBytes.ToArray());
        foreach (HttpResponseMessage served in await Task.WhenAll(before))
        {
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
            served.Dispose();
        }
    }

    [Fact]
    public async Task Models_ListAndRetrieve_Work()
    {
        await using var app = new ApiApplication();
        (await app.StartAsync()).Dispose();
        OpenAIModelClient models = ClientOf(app).GetOpenAIModelClient();

        OpenAIModel listed = Assert.Single((await models.GetModelsAsync(TestEnd)).Value);
        OpenAIModel retrieved = await models.GetModelAsync("fake", TestEnd);
        var missing = await Assert.ThrowsAsync<ClientResultException>(() =>
            models.GetModelAsync("no-such-model", TestEnd)
        );

        Assert.Equal(("fake", "instructdiffusion"), (listed.Id, listed.OwnedBy));
        Assert.Equal(listed.Id, retrieved.Id);
        Assert.Equal(404, missing.Status);
    }

    private static byte[] Pixels(byte[] file) =>
        Engine.Imaging.ImageCodec.Decode(file, Engine.Imaging.ImageDecodeLimits.Default).Image.Memory.ToArray();

    private static MemoryStream Picture() => new(SdkExpectations.Picture);

    private static ImageClient ImagesOf(ApiApplication app) => ClientOf(app).GetImageClient("gpt-image-1.5");

    private static OpenAIClient ClientOf(ApiApplication app) =>
        new(new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(app.Address, "/v1") });
}
