using System.Net;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Tests.Editors;

public sealed class HttpEditorTests
{
    private static readonly EditRequest Request = new()
    {
        Image = TestImages.Photo(64, 64),
        Instruction = "remove the ‘owl’",
        Steps = 7,
        Seed = 4_000_000_000,
        TextGuidanceScale = 0.1 + 0.2,
        ImageGuidanceScale = 1.25,
        Sampler = SamplerKind.Ddim,
        WorkingSize = WorkingSize.Of(new ImageSize(64, 64)),
    };

    [Fact]
    public void Edit_SendsEverythingAndReadsThePicture()
    {
        RgbImage picture = TestImages.Photo(64, 64, seed: 9);
        using var server = new ScriptedServer(() => ScriptedServer.Picture(picture, "demo"));
        int steps = 0;

        IReadOnlyList<RgbImage?> answers = server.Editor.Edit([Request], by => steps += by, CancellationToken.None);

        Assert.Equal(picture.Pixels, Assert.Single(answers)!.Pixels);
        Assert.Equal(7, steps);
        Assert.Equal(new Uri("http://here/v1/edits"), server.Address);
        Assert.Equal("image/png", server.Accept);
        Assert.Equal(Request.Image.Pixels, ImageCodec.Decode(server.Image!, ImageDecodeLimits.Default).Image.Pixels);
        Assert.Equal(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["instruction"] = "remove the ‘owl’",
                ["steps"] = "7",
                ["seed"] = "4000000000",
                ["text_guidance_scale"] = "0.30000000000000004",
                ["image_guidance_scale"] = "1.25",
                ["eta"] = "0",
                ["sampler"] = "ddim",
                ["output_format"] = "png",
                ["determinism"] = "batch_invariant",
                ["size"] = "64x64",
            },
            server.Fields
        );
    }

    [Fact]
    public void Edit_NonFinitePicture_IsNull()
    {
        using var server = new ScriptedServer(() =>
            ScriptedServer.Problem(
                HttpStatusCode.InternalServerError,
                """{"code": "non_finite_image", "detail": "NaN"}"""
            )
        );

        Assert.Equal([null], server.Editor.Edit([Request], _ => { }, CancellationToken.None));
    }

    [Theory]
    [InlineData(
        """{"code": "invalid_parameter", "detail": "steps: too many"}""",
        "422 invalid_parameter: steps: too many"
    )]
    [InlineData("<html>a proxy</html>", "422 Unprocessable")]
    [InlineData("[1]", "422 Unprocessable")]
    public void Edit_Refusal_IsTold(string body, string message)
    {
        using var server = new ScriptedServer(() => ScriptedServer.Problem(HttpStatusCode.UnprocessableEntity, body));

        EditServerException error = Assert.Throws<EditServerException>(() =>
            server.Editor.Edit([Request], _ => { }, CancellationToken.None)
        );

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Edit_AnotherModel_IsRefused()
    {
        using var server = new ScriptedServer(() => ScriptedServer.Picture(Request.Image, "another"));

        EditServerException error = Assert.Throws<EditServerException>(() =>
            server.Editor.Edit([Request], _ => { }, CancellationToken.None)
        );

        Assert.Contains("expected the model demo, got another", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Edit_BrokenPicture_IsRefused()
    {
        using var server = new ScriptedServer(() => ScriptedServer.Bytes([1, 2, 3], "demo"));

        Assert.Throws<EditServerException>(() => server.Editor.Edit([Request], _ => { }, CancellationToken.None));
    }

    [Fact]
    public void Edit_ServerThatIsNotThere_IsTold()
    {
        using var server = new ScriptedServer(() => throw new HttpRequestException("refused"));

        EditServerException error = Assert.Throws<EditServerException>(() =>
            server.Editor.Edit([Request], _ => { }, CancellationToken.None)
        );

        Assert.Contains("http://here/: refused", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("here")]
    [InlineData("ftp://here")]
    public void ClientOf_NoAddress_IsRefused(string address) =>
        Assert.Throws<EditServerException>(() => HttpEditor.ClientOf(address).Dispose());

    [Theory]
    [InlineData("http://here:80/api")]
    [InlineData("http://here:80/api/")]
    public void ClientOf_AddressWithAPath_KeepsIt(string address)
    {
        using HttpClient client = HttpEditor.ClientOf(address);

        Assert.Equal(new Uri("http://here/api/"), client.BaseAddress);
    }
}
