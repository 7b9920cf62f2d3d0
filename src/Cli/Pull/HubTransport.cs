using System.Net;
using System.Net.Http.Headers;

namespace InstructDiffusion.Cli.Pull;

/// <summary>
/// Sends GET requests and follows redirects itself, because the token belongs to the endpoint alone and must not
/// travel to the storage it redirects to.
/// </summary>
internal sealed class HubTransport : IDisposable
{
    private const int MaxRedirects = 8;

    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly string? _token;
    private readonly TimeSpan _timeout;

    /// <param name="endpoint">The hub.</param>
    /// <param name="token">Sent to the endpoint's own scheme, host and port only; null for none.</param>
    /// <param name="timeout">Longest wait for an answer's headers.</param>
    public HubTransport(Uri endpoint, string? token, TimeSpan timeout)
    {
        _endpoint = endpoint;
        _token = token;
        _timeout = timeout;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                // Ranges and checksums are of the stored bytes.
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = timeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(
            new ProductInfoHeaderValue(
                "instructdiffusion",
                typeof(HubTransport).Assembly.GetName().Version?.ToString(3)
            )
        );
    }

    /// <summary>Whether <paramref name="address"/> is on the endpoint's own scheme, host and port.</summary>
    public bool IsEndpoint(Uri address) =>
        Uri.Compare(
            address,
            _endpoint,
            UriComponents.SchemeAndServer,
            UriFormat.SafeUnescaped,
            StringComparison.OrdinalIgnoreCase
        ) == 0;

    /// <summary>One GET, redirects followed, body unread.</summary>
    /// <exception cref="HubException">No answer, a status other than 2xx, or a redirect that is refused.</exception>
    public async Task<HubResponse> GetAsync(
        Uri address,
        Action<HttpRequestMessage>? prepare,
        CancellationToken cancellationToken
    )
    {
        var linked = new LinkedHeaders();
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            HttpResponseMessage response = await SendAsync(address, prepare, cancellationToken);
            linked = linked.UpdatedFrom(response);
            if (response.IsSuccessStatusCode)
            {
                return new HubResponse(response, linked);
            }
            using (response)
            {
                address = NextAddress(address, response) ?? throw HubFailure.Of(response, address);
            }
        }
        throw new HubException($"{address.Host}: more than {MaxRedirects} redirects");
    }

    private async Task<HttpResponseMessage> SendAsync(
        Uri address,
        Action<HttpRequestMessage>? prepare,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        prepare?.Invoke(request);
        if (_token is not null && IsEndpoint(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_timeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException($"{address.Host}: no answer in {_timeout.TotalSeconds:0} s") { IsTransient = true };
        }
        catch (HttpRequestException failure)
        {
            // A certificate that is not trusted stays untrusted however often it is asked.
            bool isTransient = failure.HttpRequestError != HttpRequestError.SecureConnectionError;
            string reason = failure.InnerException?.Message ?? failure.Message;
            throw new HubException($"{address.Host}: {reason}", failure) { IsTransient = isTransient };
        }
    }

    private static Uri? NextAddress(Uri from, HttpResponseMessage response)
    {
        bool isRedirect =
            response.StatusCode
            is HttpStatusCode.MovedPermanently
                or HttpStatusCode.Found
                or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect
                or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || response.Headers.Location is not { } location)
        {
            return null;
        }
        var next = new Uri(from, location);
        if (next.Scheme is not ("http" or "https"))
        {
            throw new HubException($"{from.Host} redirects to a '{next.Scheme}' address: refused");
        }
        if (from.Scheme is "https" && next.Scheme is "http")
        {
            throw new HubException($"{from.Host} redirects from https to plain http ({next.Host}): refused");
        }
        return next;
    }

    public void Dispose() => _http.Dispose();
}
