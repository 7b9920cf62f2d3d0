using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

public sealed class RestoreTests : IAsyncLifetime
{
    private static readonly RgbImage Source = TestImages.Photo(100, 70);
    private static readonly byte[] Png = Pictures.Png(Source);

    private readonly ApiApplication _app = new() { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
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

    [Theory]
    [InlineData("denoise", "remove the noise from this photo", 6, 1.0)]
    [InlineData("watermark", "remove the watermark", 3, 2.0)]
    public async Task Post_Kind_IsAnEditByTheModelsPreset(string kind, string instruction, int steps, double textScale)
    {
        using HttpRequestMessage request = VisionRequests.Form("restore", Png, ("kind", kind), ("seed", "1"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(
            (instruction, steps, textScale, 1L),
            (edit.Instruction, edit.Steps, edit.TextGuidanceScale, edit.Seed)
        );
        Assert.Equal(64, edit.WorkingSize?.Resolution);
        Assert.Equal((100, 70), (edit.Image.Width, edit.Image.Height));
        byte[] file = await response.Content.ReadAsByteArrayAsync(TestEnd);
        Assert.Equal(
            FakeEditPipeline.Edited(edit).Memory.ToArray(),
            ImageCodec.Decode(file, ImageDecodeLimits.Default).Image.Memory.ToArray()
        );
        Assert.Contains("instructdiffusion", ImageCodec.ReadText(file).Keys);
    }

    [Fact]
    public async Task Post_AcceptingJson_AnswersAsAnEdit()
    {
        using HttpRequestMessage request = VisionRequests
            .Form("restore", Png, ("kind", "denoise"), ("output_format", "webp"), ("steps", "2"))
            .Accepting("application/json");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement answer = await response.JsonAsync();
        Assert.Equal(2, answer.GetProperty("steps").GetInt32());
        Assert.Equal(
            ImageFileFormat.Webp,
            ImageCodec.ReadHeader(answer.GetProperty("image").GetBytesFromBase64()).Format
        );
    }

    [Fact]
    public async Task Post_TaskThatTheModelLacks_NeedsAnInstruction()
    {
        using HttpRequestMessage without = VisionRequests.Form("restore", Png, ("kind", "deblur"));
        using HttpRequestMessage with = VisionRequests.Form(
            "restore",
            Png,
            ("kind", "deblur"),
            ("instruction", "sharpen it")
        );

        using HttpResponseMessage refused = await _client.SendAsync(without, TestEnd);
        using HttpResponseMessage tried = await _client.SendAsync(with, TestEnd);

        JsonElement problem = await refused.ProblemAsync(422, "task_not_supported");
        string detail = problem.GetProperty("detail").GetString()!;
        Assert.Contains("painter", detail, StringComparison.Ordinal);
        Assert.Contains("segmentation, keypoints, denoise, watermark_removal", detail, StringComparison.Ordinal);
        Assert.Equal(200, (int)tried.StatusCode);
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(("sharpen it", 3), (edit.Instruction, edit.Steps));
    }
}
