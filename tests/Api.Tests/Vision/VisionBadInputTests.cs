using System.Text.Json;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

/// <summary>Every kind of bad input to a vision route gets its clear answer.</summary>
public sealed class VisionBadInputTests(VisionBadInputTests.Server server) : IClassFixture<VisionBadInputTests.Server>
{
    private static readonly byte[] Png = Pictures.Png(Pictures.Gradient());
    private static readonly string Base64 = Convert.ToBase64String(Png);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    /// <summary>Name → request, and the field to blame.</summary>
    private static readonly Dictionary<string, (Func<HttpRequestMessage> Make, string Field)> Cases = new()
    {
        ["segment: nothing to find"] = (() => Form("segment"), "target"),
        ["segment: blank target"] = (() => Form("segment", ("target", "  ")), "target"),
        ["segment: endless target"] = (() => Form("segment", ("target", new string('a', 201))), "target"),
        ["segment: target and instruction"] = (
            () => Form("segment", ("target", "cat"), ("instruction", "mark it in red")),
            "target"
        ),
        ["segment: blank instruction"] = (() => Form("segment", ("instruction", " "), ("color", "red")), "instruction"),
        ["segment: instruction without colour"] = (() => Form("segment", ("instruction", "mark the cat")), "color"),
        ["segment: instruction with two colours"] = (
            () => Form("segment", ("instruction", "mark the red cat in blue")),
            "color"
        ),
        ["segment: colour that no model knows"] = (
            () => Form("segment", ("target", "cat"), ("color", "mauve")),
            "color"
        ),
        ["segment: colour without a name"] = (() => Form("segment", ("target", "cat"), ("color", "#123456")), "color"),
        ["segment: colour of keypoints"] = (() => Form("segment", ("target", "cat"), ("color", "magenta")), "color"),
        ["segment: no colour at all"] = (() => Form("segment", ("instruction", "a"), ("color", "rot")), "color"),
        ["segment: unknown form of a mask"] = (
            () => Form("segment", ("target", "cat"), ("formats", "mask,rle")),
            "formats"
        ),
        ["segment: five forms of a mask"] = (
            () => Form("segment", [("target", "cat"), .. Enumerable.Repeat(("formats", "mask"), 5)]),
            "formats"
        ),
        ["segment: formats as text in JSON"] = (
            () =>
                VisionRequests.Json(
                    "segment",
                    new
                    {
                        image = Base64,
                        target = "cat",
                        formats = "mask",
                    }
                ),
            "formats"
        ),
        ["segment: a number among formats"] = (
            () =>
                VisionRequests.Json(
                    "segment",
                    new
                    {
                        image = Base64,
                        target = "cat",
                        formats = (object[])[1],
                    }
                ),
            "formats"
        ),
        ["segment: raw_image yes"] = (() => Form("segment", ("target", "cat"), ("raw_image", "yes")), "raw_image"),
        ["segment: raw_image 1 in JSON"] = (
            () =>
                VisionRequests.Json(
                    "segment",
                    new
                    {
                        image = Base64,
                        target = "cat",
                        raw_image = 1,
                    }
                ),
            "raw_image"
        ),
        ["segment: steps 0"] = (() => Form("segment", ("target", "cat"), ("steps", "0")), "steps"),
        ["segment: size 63"] = (() => Form("segment", ("target", "cat"), ("size", "63")), "size"),
        ["segment: picture too narrow for a canvas"] = (
            () => VisionRequests.Form("segment", Pictures.Png(Pictures.Gradient(2000, 2)), ("target", "cat")),
            "size"
        ),
        ["segment: no picture"] = (() => VisionRequests.Form("segment", null, ("target", "cat")), "image"),
        ["segment: unknown field"] = (() => Form("segment", ("target", "cat"), ("kind", "denoise")), "kind"),
        ["detect: nothing to find"] = (() => Form("detect"), "target"),
        ["detect: formats"] = (() => Form("detect", ("target", "cat"), ("formats", "rle")), "formats"),
        ["keypoints: no points"] = (() => Form("keypoints"), "points"),
        ["keypoints: empty list"] = (
            () => VisionRequests.Json("keypoints", new { image = Base64, points = (string[])[] }),
            "points"
        ),
        ["keypoints: 21 points"] = (
            () => Form("keypoints", [.. Enumerable.Range(0, 21).Select(i => ("points", $"p{i}"))]),
            "points"
        ),
        ["keypoints: 1000 points in JSON"] = (
            () => VisionRequests.Json("keypoints", new { image = Base64, points = Enumerable.Repeat("nose", 1000) }),
            "points"
        ),
        ["keypoints: blank point"] = (() => Form("keypoints", ("points", "nose"), ("points", " ")), "points"),
        ["keypoints: points and instruction"] = (
            () => Form("keypoints", ("points", "nose"), ("instruction", "mark it in red")),
            "points"
        ),
        ["keypoints: colour of segmentation"] = (
            () => Form("keypoints", ("points", "nose"), ("color", "purple")),
            "color"
        ),
        ["restore: no kind"] = (() => Form("restore"), "kind"),
        ["restore: unknown kind"] = (() => Form("restore", ("kind", "rain")), "kind"),
        ["restore: n 11"] = (() => Form("restore", ("kind", "denoise"), ("n", "11")), "n"),
        ["restore: metadata some"] = (() => Form("restore", ("kind", "denoise"), ("metadata", "some")), "metadata"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_BadField_IsNamed(string name)
    {
        (Func<HttpRequestMessage> make, string field) = Cases[name];
        using HttpRequestMessage request = make();

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(field, problem.GetProperty("param").GetString());
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.GetRawText());
    }

    [Fact]
    public async Task Post_SeveralFaults_NamesThemAll()
    {
        using HttpRequestMessage request = VisionRequests.Form(
            "segment",
            null,
            ("color", "mauve"),
            ("steps", "x"),
            ("formats", "bmp")
        );

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(
            ["color", "formats", "image", "steps", "target"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("segment", "target", "cat")]
    [InlineData("detect", "target", "cat")]
    [InlineData("keypoints", "points", "nose")]
    public async Task Post_UntrainedModel_SaysWhatItKnowsAndTakesAnInstruction(string task, string field, string value)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage worded = VisionRequests.Form(task, Png, (field, value));
        using HttpRequestMessage own = VisionRequests.Form(task, Png, ("instruction", "paint the cat red"));

        using HttpResponseMessage refused = await client.SendAsync(worded, TestEnd);
        using HttpResponseMessage tried = await client.SendAsync(own, TestEnd);

        JsonElement problem = await refused.ProblemAsync(422, "task_not_supported");
        Assert.Contains(
            "The tasks it names: none",
            problem.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(200, (int)tried.StatusCode);
    }

    private static HttpRequestMessage Form(string task, params (string Name, string Value)[] fields) =>
        VisionRequests.Form(task, Png, fields);

    public sealed class Server : IAsyncLifetime
    {
        private readonly ApiApplication _app = new()
        {
            Pipeline = new FakeEditPipeline { Description = Painter.Model },
        };

        public HttpClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Client = await _app.StartAsync();

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _app.DisposeAsync();
        }
    }
}
