using System.Net;
using System.Text.Json;
using InstructDiffusion.Api.Tests.OpenAi;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests.Edits;

/// <summary>Both routes answer each of the forty bad inputs as they should, and the next good request.</summary>
public sealed class FortyBadInputsTests(FortyBadInputsTests.Server server) : IClassFixture<FortyBadInputsTests.Server>
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public static TheoryData<int> Numbers => [.. FortyBadInputs.ByNumber.Keys];

    [Theory]
    [MemberData(nameof(Numbers))]
    public Task PostEdit_BadInput_IsAnsweredAndTheNextRequestWorks(int number) => CheckAsync(number, EditRoute.Native);

    [Theory]
    [MemberData(nameof(Numbers))]
    public Task PostImageEdit_BadInput_IsAnsweredAndTheNextRequestWorks(int number) =>
        CheckAsync(number, EditRoute.OpenAi);

    [Theory]
    [InlineData("/v1/edits")]
    [InlineData("/v1/images/edits")]
    public async Task Post_EveryOrientation_GivesTheSamePicture(string path)
    {
        EditRoute route = path is "/v1/edits" ? EditRoute.Native : EditRoute.OpenAi;
        List<byte[]> pictures = [];
        foreach (BadInput input in FortyBadInputs.ByNumber[29])
        {
            using HttpRequestMessage request = input.Make(route);
            using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);
            byte[] file = await route.PictureAsync(response);
            pictures.Add(ImageCodec.Decode(file, ImageDecodeLimits.Default).Image.Memory.ToArray());
        }

        Assert.Equal(8, pictures.Count);
        Assert.All(pictures, picture => Assert.Equal(pictures[0], picture));
    }

    [Theory]
    [InlineData("/v1/edits")]
    [InlineData("/v1/images/edits")]
    public async Task Post_TooManyHeaders_IsRefusedByTheServerItself(string path)
    {
        string headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: v\r\n"));

        string answer = await RawHttp.SendAsync(
            server.App.Address,
            $"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"
        );

        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/edits", "\"code\":\"upload_too_slow\"")]
    [InlineData("/v1/images/edits", "\"error\":{\"message\"")]
    public async Task Post_BodyThatNeverArrives_TimesOut(string path, string expected)
    {
        await using var app = new ApiApplication { Settings = { ["Limits:UploadSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();

        string answer = await RawHttp.SendAsync(
            app.Address,
            $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        );

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_BrokenJson_SaysWhere()
    {
        using HttpRequestMessage request = FortyBadInputs.ByNumber[6][0].Make(EditRoute.OpenAi);

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement error = await response.ErrorAsync(400, "malformed_body");
        Assert.Contains("line 2, position 14", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task CheckAsync(int number, EditRoute route)
    {
        foreach (BadInput input in FortyBadInputs.ByNumber[number])
        {
            using HttpRequestMessage request = input.Make(route);
            using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

            int expected = route.IsNative ? input.Native : input.OpenAi;
            string body = await response.Content.ReadAsStringAsync(TestEnd);
            Assert.True(
                (int)response.StatusCode == expected,
                $"{number}, {input.What}: expected {expected}, got {(int)response.StatusCode} {body[..Math.Min(body.Length, 500)]}"
            );
            if (expected != 200)
            {
                await AssertWholeErrorAsync(response, route);
            }
            else if (number == 9)
            {
                Assert.NotEmpty(response.Headers.GetValues("x-ignored-params"));
            }
        }
        using HttpRequestMessage next = route.Good();
        using HttpResponseMessage good = await server.Client.SendAsync(next, TestEnd);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        byte[] picture = await route.PictureAsync(good);
        Assert.Equal(12, ImageCodec.Decode(picture, ImageDecodeLimits.Default).Image.Width);
    }

    private static async Task AssertWholeErrorAsync(HttpResponseMessage response, EditRoute route)
    {
        int status = (int)response.StatusCode;
        JsonElement body = await response.JsonAsync();
        if (route.IsNative)
        {
            await response.ProblemAsync(status, body.GetProperty("code").GetString()!);
        }
        else
        {
            await response.ErrorAsync(status, body.GetProperty("error").GetProperty("code").GetString()!);
        }
    }

    /// <summary>One server for all of them, with a small limit of bodies.</summary>
    public sealed class Server : IAsyncLifetime
    {
        public ApiApplication App { get; } =
            new() { Settings = { ["Limits:MaxBodyBytes"] = $"{FortyBadInputs.MaxBodyBytes}" } };

        public HttpClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Client = await App.StartAsync();

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await App.DisposeAsync();
        }
    }
}
