using InstructDiffusion.Api.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// A request's body, refused beyond a number of bytes. Kestrel has such a limit too, but cuts the connection when it is
/// passed, and many clients then report a broken pipe in place of our answer; so its limit is lifted for this request, and
/// Kestrel reads and drops the rest for a few seconds after we have answered.
/// </summary>
internal sealed class LimitedBody(Stream body, long maxBytes, UploadGate.Upload upload) : Stream
{
    private long _read;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The body of this request.</summary>
    /// <param name="request">Its body is unread.</param>
    /// <param name="maxBytes">What is read of it at most.</param>
    /// <param name="upload">Counts what arrives.</param>
    /// <exception cref="ApiException">Its announced length is over the limit already.</exception>
    public static LimitedBody Of(HttpRequest request, long maxBytes, UploadGate.Upload upload)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } kestrel)
        {
            kestrel.MaxRequestBodySize = null;
        }
        return request.ContentLength > maxBytes
            ? throw TooLarge($"The body has {request.ContentLength} bytes", maxBytes)
            : new LimitedBody(request.Body, maxBytes, upload);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await body.ReadAsync(buffer, cancellationToken);
        _read += read;
        upload.Add(read);
        return _read > maxBytes ? throw TooLarge("The body is longer", maxBytes) : read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    private static ApiException TooLarge(string what, long maxBytes) =>
        new(ProblemKind.BodyTooLarge, $"{what}; at most {maxBytes} are read.");
}
