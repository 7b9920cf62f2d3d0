using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class AnswerFormatTests
{
    [Theory]
    [InlineData("", null, "image/png")]
    [InlineData("*/*", null, "image/png")]
    [InlineData("image/*", null, "image/png")]
    [InlineData("*/*", "webp", "image/webp")]
    [InlineData("image/*", "jpeg", "image/jpeg")]
    [InlineData("image/jpeg", null, "image/jpeg")]
    [InlineData("image/webp, image/png;q=0.5", null, "image/webp")]
    [InlineData("image/webp;q=0.5, image/png;q=0.7", null, "image/png")]
    [InlineData("image/webp, image/*;q=0.9", "png", "image/png")]
    [InlineData("image/png;q=0, */*", null, "image/jpeg")]
    [InlineData("application/json", null, "json image/png")]
    [InlineData("application/json; charset=utf-8", "jpeg", "json image/jpeg")]
    [InlineData("application/json, text/plain, */*", null, "json image/png")]
    [InlineData("text/html, application/xhtml+xml, image/avif, image/webp, */*;q=0.8", null, "image/webp")]
    [InlineData("IMAGE/PNG", null, "image/png")]
    public void Negotiate_Accepted_ChoosesByTheHeader(string accept, string? outputFormat, string expected)
    {
        AnswerFormat answer = AnswerFormat.Negotiate(accept, Format(outputFormat));

        Assert.Equal(expected, (answer.Kind == AnswerKind.Json ? "json " : "") + answer.ImageMediaType);
    }

    [Theory]
    [InlineData("video/mp4", null)]
    [InlineData("image/gif", null)]
    [InlineData("text/html", null)]
    [InlineData("image/jpeg", "png")]
    [InlineData("*/*;q=0", null)]
    [InlineData(";;;", null)]
    public void Negotiate_NotPossible_IsRefused(string accept, string? outputFormat)
    {
        var refusal = Assert.Throws<ApiException>(() => AnswerFormat.Negotiate(accept, Format(outputFormat)));

        Assert.Equal(406, refusal.Kind.Status);
    }

    private static ImageFileFormat? Format(string? name) => name is null ? null : AnswerFormat.ByName[name];
}
