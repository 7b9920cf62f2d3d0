using System.Text.Json;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests.OpenAi;

public sealed class OpenAiEventsTests
{
    private static readonly string[] Common =
    [
        "type",
        "b64_json",
        "created_at",
        "size",
        "quality",
        "background",
        "output_format",
    ];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Post_Stream_ShowsPartialPicturesAndThenTheWhole(int partials)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage plain = OpenAiRequests.Good(("seed", "5"), ("steps", "8"));
        using HttpRequestMessage request = OpenAiRequests.Good(
            ("seed", "5"),
            ("steps", "8"),
            ("stream", "true"),
            ("partial_images", $"{partials}")
        );

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        var events = await response.EventsAsync();
        using HttpResponseMessage whole = await client.SendAsync(plain, TestEnd);

        Assert.All(events, one => Assert.Equal(one.Name, one.Data.GetProperty("type").GetString()));
        Assert.Equal(
            [.. Enumerable.Repeat("image_edit.partial_image", partials), "image_edit.completed"],
            events.Select(one => one.Name)
        );
        for (int i = 0; i < partials; i++)
        {
            JsonElement partial = events[i].Data;
            Assert.Equal([.. Common, "partial_image_index"], partial.EnumerateObject().Select(member => member.Name));
            Assert.Equal(i, partial.GetProperty("partial_image_index").GetInt32());
            byte[] file = partial.GetProperty("b64_json").GetBytesFromBase64();
            DecodedImage picture = ImageCodec.Decode(file, ImageDecodeLimits.Default);
            Assert.Equal((ImageFileFormat.Png, 12, 8), (picture.Format, picture.Image.Width, picture.Image.Height));
        }
        JsonElement completed = events[^1].Data;
        Assert.Equal([.. Common, "seed", "usage"], completed.EnumerateObject().Select(member => member.Name));
        JsonElement answer = await whole.JsonAsync();
        Assert.Equal(
            answer.GetProperty("data")[0].GetProperty("b64_json").GetString(),
            completed.GetProperty("b64_json").GetString()
        );
        Assert.Equal(answer.GetProperty("usage").GetRawText(), completed.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Post_StreamOfSeveral_CompletesEach()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = OpenAiRequests.Good(
            ("seed", "5"),
            ("n", "3"),
            ("stream", "true"),
            ("partial_images", "2")
        );

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        var events = await response.EventsAsync();
        Assert.Equal(Enumerable.Repeat("image_edit.completed", 3), events.Select(one => one.Name));
        Assert.Equal([5, 6, 7], events.Select(one => one.Data.GetProperty("seed").GetInt32()));
        Assert.Equal("partial_images", response.Headers.GetValues("x-ignored-params").Single());
    }

    [Fact]
    public async Task Post_StreamThatFails_EndsWithTheirError()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("decode");
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = OpenAiRequests.Good(("stream", "true"));

        using HttpResponseMessage response = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        app.Pipeline.Permits.Release(100); // what fails before the first event is a plain error

        (string name, JsonElement data) = Assert.Single(await response.EventsAsync());
        Assert.Equal("error", name);
        Assert.Equal("non_finite_image", data.GetProperty("error").GetProperty("code").GetString());
    }
}
