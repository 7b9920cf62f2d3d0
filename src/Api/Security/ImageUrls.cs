using System.Globalization;
using System.Net;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Security;

/// <summary>From a picture's address to its file, where the server's settings allow it.</summary>
internal sealed class ImageUrls(GuardedHttp http, LimitsOptions limits)
{
    private const int LongestAddress = 8_192;

    /// <summary>The file's bytes, not yet known to be a picture.</summary>
    /// <param name="url">What the client wrote.</param>
    /// <param name="parameter">The field that holds it, for the problem.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="ApiException">It may not be called, or does not give a file.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string url, string parameter, CancellationToken cancellationToken)
    {
        try
        {
            return await FetchAsync(url, parameter, cancellationToken);
        }
        catch (OutboundException fault)
        {
            throw fault.ToProblem(parameter);
        }
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
