using System.Buffers.Text;
using System.Globalization;
using System.Net;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Security;

/// <summary>From a picture's URL to its file: <c>data:</c> always, <c>https:</c> where the server's settings allow it.</summary>
internal sealed class ImageUrls(GuardedHttp http, LimitsOptions limits)
{
    /// <summary>Characters of the longest <c>data:</c> URL, as OpenAI's API has it; with base64, pictures up to 15 MB.</summary>
    public const int LongestDataUrl = 20_971_520;

    private const int LongestAddress = 8_192;

    /// <summary>The file's bytes, not yet known to be a picture.</summary>
    /// <param name="url">What the client wrote.</param>
    /// <param name="parameter">The field that holds it, for the problem.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="ApiException">It is no such URL, may not be called, or does not give a file.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string url, string parameter, CancellationToken cancellationToken)
    {
        try
        {
            return url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)
                ? ReadData(url)
                : await FetchAsync(url, parameter, cancellationToken);
        }
        catch (OutboundException fault)
        {
            throw fault.ToProblem(parameter);
        }
    }

    private static byte[] ReadData(string url)
    {
        if (url.Length > LongestDataUrl)
        {
            throw new OutboundException(
                OutboundFault.Invalid,
                $"is a data: URL of {url.Length} characters; at most {LongestDataUrl} are read"
            );
        }
        int comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !url.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
        {
            throw new OutboundException(OutboundFault.Invalid, "is a data: URL without \";base64,\"");
        }
        ReadOnlySpan<char> base64 = url.AsSpan(comma + 1);
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        return Convert.TryFromBase64Chars(base64, bytes, out int written)
            ? bytes[..written]
            : throw new OutboundException(OutboundFault.Invalid, "is a data: URL whose base64 is not valid");
    }

    private async Task<ReadOnlyMemory<byte>> FetchAsync(
        string url,
        string parameter,
        CancellationToken cancellationToken
    )
    {
        if (url.Length > LongestAddress)
        {
            throw new OutboundException(OutboundFault.Invalid, $"is longer than {LongestAddress} characters");
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, http.Require(url));
        request.Headers.Accept.ParseAdd("image/png, image/jpeg, image/webp");
        request.Headers.UserAgent.ParseAdd("InstructDiffusion");
        int maxBytes = (int)Math.Min(limits.MaxBodyBytes, int.MaxValue);
        OutboundAnswer answer = await http.SendAsync(request, maxBytes, cancellationToken);
        if (answer.Status is >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest)
        {
            throw new OutboundException(OutboundFault.Unreachable, "leads elsewhere; redirects are not followed");
        }
        if (answer.Status != HttpStatusCode.OK)
        {
            string status = ((int)answer.Status).ToString(CultureInfo.InvariantCulture);
            throw new OutboundException(OutboundFault.Unreachable, $"answers with status {status}");
        }
        if (answer.ContentEncoding.Length > 0)
        {
            throw new OutboundException(OutboundFault.Unreachable, "answers with a compressed body, which is not read");
        }
        return answer.IsLong
            ? throw new ApiException(
                ProblemKind.ImageTooLarge,
                $"{parameter}: has more than {maxBytes} bytes",
                parameter
            )
            : answer.Body;
    }
}
