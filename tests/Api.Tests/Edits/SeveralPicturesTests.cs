using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.WebUtilities;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class SeveralPicturesTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_Several_GivesThePictureOfEachSeed()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("n", "3"), ("seed", "7"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement answer = await response.JsonAsync();
        JsonElement[] images = [.. answer.GetProperty("images").EnumerateArray()];
        Assert.Equal([7, 8, 9], images.Select(image => image.GetProperty("seed").GetInt64()));
        Assert.Equal(
            [Expected(7), Expected(8), Expected(9)],
            images.Select(image => Pixels(image.GetProperty("image").GetBytesFromBase64()))
        );
        Assert.False(answer.TryGetProperty("image", out _));
        Assert.Equal(7, answer.GetProperty("seed").GetInt64());
    }

    [Fact]
    public async Task Post_SeedsPastTheLast_GoOnFromZero()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("n", "2"), ("seed", "4294967295"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement images = (await response.JsonAsync()).GetProperty("images");
        Assert.Equal(
            [uint.MaxValue, 0L],
            images.EnumerateArray().Select(image => image.GetProperty("seed").GetInt64())
        );
    }

    [Fact]
    public async Task Post_Several_ShareTheirSteps()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = EditRequests.Good(("n", "3"), ("steps", "20"));

        Task<HttpResponseMessage> answer = client.SendAsync(request, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared - 1 + app.Queue.Count == 3); // one was the warm-up
        app.Pipeline.Permits.Release(1000);
        using HttpResponseMessage response = await answer;

        Assert.Contains(app.Pipeline.Steps, names => names.Length == 3);
    }

    [Fact]
    public async Task Post_AcceptingParts_GivesOneForEachPicture()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("n", "2"), ("seed", "5")).Accepting("multipart/mixed");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        MediaTypeHeaderValue type = response.Content.Headers.ContentType!;
        Assert.Equal("multipart/mixed", type.MediaType);
        string boundary = type.Parameters.Single(parameter => parameter.Name is "boundary").Value!;
        var reader = new MultipartReader(boundary, await response.Content.ReadAsStreamAsync(TestEnd));
        foreach (int seed in (int[])[5, 6])
        {
            MultipartSection part = (await reader.ReadNextSectionAsync(TestEnd))!;
            using var file = new MemoryStream();
            await part.Body.CopyToAsync(file, TestEnd);
            Assert.Equal("image/png", part.ContentType);
            Assert.Equal($"{seed}", part.Headers!["X-Seed"]);
            Assert.Equal($"{file.Length}", part.Headers["Content-Length"]);
            Assert.Equal(Expected(seed), Pixels(file.ToArray()));
        }
        Assert.Null(await reader.ReadNextSectionAsync(TestEnd));
    }

    [Fact]
    public async Task Post_SeveralAcceptingAPicture_AreNotAcceptable()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("n", "2")).Accepting("image/png");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(406, "not_acceptable");
        Assert.Contains("multipart/mixed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_OneOfThemFails_AnswersWithItsErrorAndEndsTheOthers()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnPrepare = edit =>
        {
            if (edit.Seed == 8)
            {
                throw new InvalidEditException("size", "does not suit");
            }
        };
        using HttpRequestMessage request = EditRequests.Good(("n", "3"), ("seed", "7"), ("steps", "500"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(422, "invalid_parameter");
        await ApiApplication.Until(() =>
            app.Pipeline.Disposed == app.Pipeline.Prepared && app.Engine.Status is { Running: 0, Waiting: 0 }
        );
        Assert.Empty(app.Pipeline.Breaches);
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage good = await client.SendAsync(next, TestEnd);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact]
    public async Task Post_NoPlaceForAll_IsRefusedAsAWhole()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "2", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage running = EditRequests.Good();
        Task<HttpResponseMessage> first = client.SendAsync(running, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2); // after the warm-up
        using HttpRequestMessage request = EditRequests.Good(("n", "3")).Accepting("text/event-stream");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(429, "queue_full");
        app.Pipeline.Permits.Release(1000);
        using HttpResponseMessage served = await first;
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        await ApiApplication.Until(() => app.Queue.Count == 0 && app.Pipeline.Disposed == app.Pipeline.Prepared);
    }

    private static byte[] Expected(long seed) =>
        FakeEditPipeline
            .Edited(
                new EditRequest
                {
                    Image = Pictures.Gradient(),
                    Instruction = "a",
                    Seed = seed,
                }
            )
            .Memory.ToArray();

    private static byte[] Pixels(byte[] file) =>
        ImageCodec.Decode(file, ImageDecodeLimits.Default).Image.Memory.ToArray();
}
