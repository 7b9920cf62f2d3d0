using System.Globalization;
using System.Text;

namespace InstructDiffusion.Api.Edits;

/// <summary>Writes pictures as <c>multipart/mixed</c> (RFC 2046): one part each, with its seed and digest.</summary>
internal static class MixedParts
{
    public static async Task WriteAsync(
        HttpResponse response,
        IReadOnlyList<EditedPicture> pictures,
        AnswerFormat format,
        CancellationToken cancellationToken
    )
    {
        // Random, so that no picture holds it by anything but a chance of 2^-128.
        string boundary = Guid.NewGuid().ToString("N");
        response.ContentType = $"multipart/mixed; boundary={boundary}";
        for (int i = 0; i < pictures.Count; i++)
        {
            EditedPicture picture = pictures[i];
            string head = string.Create(
                CultureInfo.InvariantCulture,
                $"""
                --{boundary}
                Content-Type: {format.ImageMediaType}
                Content-Disposition: attachment; filename="edit-{picture.Seed}.{format.FormatName}"
                Content-Length: {picture.Image.Length}
                X-Seed: {picture.Seed}
                Content-Digest: {picture.ContentDigest()}
                """
            );
            // The boundary begins on a line of its own, whose line break belongs to it and not to the picture before.
            string text = (i == 0 ? "" : "\n") + head + "\n\n";
            await WriteTextAsync(response, text, cancellationToken);
            await response.Body.WriteAsync(picture.Image, cancellationToken);
        }
        await WriteTextAsync(response, $"\n--{boundary}--\n", cancellationToken);
    }

    private static async Task WriteTextAsync(HttpResponse response, string text, CancellationToken cancellationToken) =>
        await response.Body.WriteAsync(Encoding.ASCII.GetBytes(text.ReplaceLineEndings("\r\n")), cancellationToken);
}
