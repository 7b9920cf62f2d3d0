using System.Diagnostics.CodeAnalysis;
using System.Net;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Security;

/// <summary>
/// Calls addresses that strangers name, by one feature's rules. Beyond the rules themselves: no redirects, no proxy, no cookies,
/// no decompression, nothing read beyond a bound, everything within a time.
/// </summary>
internal sealed class GuardedHttp : IDisposable
{
    private const int MaxHeaderKilobytes = 16;
    private readonly OutboundOptions _options;
    private readonly HostPattern[] _hosts;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public GuardedHttp(OutboundOptions options, ResolveHost resolve, TimeProvider time)
    {
        _options = options;
        _time = time;
        _hosts =
        [
            .. options
                .Hosts.Select(host => HostPattern.TryParse(host, out HostPattern? p) ? p : null)
                .OfType<HostPattern>(),
        ];
        var dialer = new GuardedDialer(
            resolve,
            [.. options.PrivateNetworks.Select(network => IPNetwork.Parse(network))]
        );
        _http = new HttpMessageInvoker(NewHandler(dialer, TimeSpan.FromSeconds(options.ConnectSeconds)));
    }

    /// <summary>The address, if the rules may let it be called; nothing is resolved yet.</summary>
    /// <param name="url">What the client wrote.</param>
    /// <exception cref="OutboundException">It may not be called.</exception>
    public Uri Require(string url)
    {
        if (!_options.Enabled)
        {
            throw new OutboundException(OutboundFault.Invalid, "is an address, and this server calls none");
        }
        if (
            !Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            || !(Is(address, Uri.UriSchemeHttps) || Is(address, Uri.UriSchemeHttp))
            || address.IdnHost.Length == 0
        )
        {
            throw new OutboundException(OutboundFault.Invalid, "must be an https:// address");
        }
        if (address.UserInfo.Length > 0)
        {
            throw new OutboundException(OutboundFault.Invalid, "must not hold a user name or password");
        }
        if (Array.Find(_hosts, host => host.Matches(address)) is not { } match)
        {
            throw new OutboundException(OutboundFault.Forbidden, "is on a host or port that this server does not call");
        }
        if (Is(address, Uri.UriSchemeHttp) && !(_options.AllowHttp && match.IsNamed))
        {
            throw new OutboundException(OutboundFault.Forbidden, "must be an https:// address");
        }
        return address;
    }

    /// <summary>Sends a request and reads the answer. Redirects are answers like others.</summary>
    /// <param name="request">To an address that <see cref="Require"/> gave; checked again.</param>
    /// <param name="maxBytes">What is read of the answer's body at most; the rest is left unread.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="OutboundException">It may not be called, or does not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async Task<OutboundAnswer> SendAsync(
        HttpRequestMessage request,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        Require(request.RequestUri?.OriginalString ?? "");
        using var clock = new CancellationTokenSource(TimeSpan.FromSeconds(_options.TotalSeconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            return await ReadAsync(response, maxBytes, either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OutboundException(OutboundFault.Unreachable, "did not answer in time", error);
        }
        catch (HttpRequestException error) when (error.InnerException is OutboundException known)
        {
            throw new OutboundException(known.Fault, known.Message, error);
        }
        catch (HttpRequestException error)
        {
            string reason = error.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => "has no valid certificate",
                _ => "does not answer as a web server should",
            };
            throw new OutboundException(OutboundFault.Unreachable, reason, error);
        }
        catch (IOException error)
        {
            throw new OutboundException(OutboundFault.Unreachable, "broke off its answer", error);
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool Is(Uri address, string scheme) => address.Scheme.Equals(scheme, StringComparison.Ordinal);

    private static async Task<OutboundAnswer> ReadAsync(
        HttpResponseMessage response,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        bool isLong = response.Content.Headers.ContentLength > maxBytes;
        using var whole = new MemoryStream();
        if (!isLong)
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            byte[] chunk = new byte[16 * 1024];
            int read;
            while (!isLong && (read = await body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                isLong = whole.Length + read > maxBytes;
                whole.Write(chunk, 0, (int)Math.Min(read, maxBytes - whole.Length));
            }
        }
        return new OutboundAnswer(response.StatusCode, whole.GetBuffer().AsMemory(0, (int)whole.Length), isLong)
        {
            ContentEncoding = string.Join(", ", response.Content.Headers.ContentEncoding),
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The invoker owns it.")]
    private static SocketsHttpHandler NewHandler(GuardedDialer dialer, TimeSpan connectTimeout) =>
        new()
        {
            ConnectCallback = (context, cancel) => dialer.ConnectAsync(context.DnsEndPoint, cancel),
            ConnectTimeout = connectTimeout,
            AllowAutoRedirect = false,
            // A proxy would resolve the name itself, behind the guard's back.
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            MaxConnectionsPerServer = 8,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            // What is left unread is not worth reading to keep a connection.
            MaxResponseDrainSize = 0,
            // Trace ids are no business of strangers.
            ActivityHeadersPropagator = null,
        };
}

/// <summary>What a called address answered.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">The beginning of its body.</param>
/// <param name="IsLong">True when there was more than the bound; the body is then of no use as a whole.</param>
internal sealed record OutboundAnswer(HttpStatusCode Status, ReadOnlyMemory<byte> Body, bool IsLong)
{
    /// <summary>How the body is packed; empty for not at all.</summary>
    public required string ContentEncoding { get; init; }

    /// <summary>When it wants to be called again, if it says so in seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
