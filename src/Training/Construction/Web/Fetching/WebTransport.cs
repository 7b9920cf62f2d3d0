using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// One GET: connects to the public internet alone, follows nothing, keeps no cookies, reads no more than it is told and waits no
/// longer.
/// </summary>
internal sealed class WebTransport : IDisposable
{
    private const int MaxHeaderKilobytes = 16;

    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(15);

    private readonly CrawlerName _crawler;
    private readonly TimeSpan _timeout;
    private readonly HttpMessageInvoker _http;

    /// <param name="options">Who asks, how long, and which networks beside the public ones.</param>
    /// <param name="resolve">Finds the addresses of a host.</param>
    public WebTransport(FetchOptions options, ResolveHost resolve)
    {
        (_crawler, _timeout) = (options.Crawler, options.Timeout);
        _http = new HttpMessageInvoker(NewHandler(new GuardedDialer(resolve, options.Networks)));
    }

    /// <summary>Measures how long a request takes.</summary>
    public TimeProvider Deadlines { get; init; } = TimeProvider.System;

    /// <summary>Asks.</summary>
    /// <param name="address">Checked by <see cref="WebAddress.IsFetched"/>.</param>
    /// <param name="known">What is known already: its validators are sent; null for nothing.</param>
    /// <param name="bound">What is read of a body at most, unpacked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FetchRefusedException">It may not be called or gives no answer.</exception>
    public async Task<WebAnswer> GetAsync(
        Uri address,
        WebRecord? known,
        BodyBound bound,
        CancellationToken cancellationToken
    )
    {
        using var clock = new CancellationTokenSource(_timeout, Deadlines);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        using HttpRequestMessage request = NewRequest(address, known);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            return await ReadAsync(response, bound, either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refused("did not answer in time", error);
        }
        catch (HttpRequestException error) when (error.InnerException is OutboundException refusal)
        {
            bool isFailure = refusal.Fault == OutboundFault.Unreachable;
            throw Refused(refusal.Message, error, isFailure ? RefusalKind.Passing : RefusalKind.Ruled);
        }
        catch (HttpRequestException error)
        {
            bool isTls = error.HttpRequestError == HttpRequestError.SecureConnectionError;
            throw Refused(isTls ? "has no valid certificate" : "does not answer as a web server should", error);
        }
        catch (InvalidDataException error)
        {
            throw Refused("is packed in a way that cannot be unpacked", error, RefusalKind.Lasting);
        }
        catch (IOException error)
        {
            throw Refused("broke off its answer", error);
        }

        FetchRefusedException Refused(string reason, Exception error, RefusalKind kind = RefusalKind.Passing) =>
            new(reason, address.AbsoluteUri, kind, error);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage NewRequest(Uri address, WebRecord? known)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("User-Agent", _crawler.UserAgent);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        if (known?.Etag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }
        request.Headers.IfModifiedSince = known?.LastModified;
        return request;
    }

    private static async Task<WebAnswer> ReadAsync(
        HttpResponseMessage response,
        BodyBound bound,
        CancellationToken cancellationToken
    )
    {
        HttpContentHeaders headers = response.Content.Headers;
        var answer = new WebAnswer(response.StatusCode)
        {
            Location = response.Headers.Location,
            RetryAfter = response.Headers.RetryAfter,
            MediaType = headers.ContentType?.ToString(),
            Etag = response.Headers.ETag?.ToString(),
            LastModified = headers.LastModified,
            IsReserved = IsReserved(response),
        };
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return answer; // nothing in its body is of use
        }
        bool isLong = headers.ContentLength > bound.Bytes && !bound.TakesBeginning;
        using var whole = new MemoryStream();
        if (!isLong)
        {
            await using Stream packed = await response.Content.ReadAsStreamAsync(cancellationToken);
            await using Stream body = Unpacked(packed, headers.ContentEncoding);
            byte[] chunk = new byte[16 * 1024];
            int read;
            while (!isLong && (read = await body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                isLong = whole.Length + read > bound.Bytes;
                whole.Write(chunk, 0, (int)Math.Min(read, bound.Bytes - whole.Length));
            }
        }
        return answer with { Body = whole.ToArray(), IsLong = isLong };
    }

    private static Stream Unpacked(Stream packed, ICollection<string> encodings) =>
        string.Join(',', encodings).ToLowerInvariant() switch
        {
            "" or "identity" => packed,
            "gzip" or "x-gzip" => new GZipStream(packed, CompressionMode.Decompress),
            _ => throw new InvalidDataException("neither plain nor gzip"),
        };

    /// <summary>Whether the owner reserves it from training: X-Robots-Tag noai, or the TDM reservation protocol.</summary>
    private static bool IsReserved(HttpResponseMessage response) =>
        Values(response, "X-Robots-Tag").Any(NoTraining.IsIn)
        || Values(response, "TDM-Reservation").Any(value => value.Trim() is "1");

    private static IEnumerable<string> Values(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values : [];

    [SuppressMessage("Reliability", "CA2000", Justification = "The invoker owns it.")]
    private static SocketsHttpHandler NewHandler(GuardedDialer dialer) =>
        new()
        {
            ConnectCallback = (context, cancel) => dialer.ConnectAsync(context.DnsEndPoint, cancel),
            ConnectTimeout = _connectTimeout,
            AllowAutoRedirect = false, // every hop has its own robots.txt and its own turn
            UseProxy = false, // it would resolve the name itself, behind the guard's back
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None, // would unpack without a bound
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            MaxConnectionsPerServer = 1,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxResponseDrainSize = 0,
            ActivityHeadersPropagator = null,
        };
}

/// <summary>How much of a body is read.</summary>
/// <param name="Bytes">At most.</param>
/// <param name="TakesBeginning">Of a longer one the beginning is of use; else it is not read where its length is known.</param>
internal readonly record struct BodyBound(int Bytes, bool TakesBeginning = false);

/// <summary>What an address answered.</summary>
/// <param name="Status">Its status; the body is read of 200 alone.</param>
internal sealed record WebAnswer(HttpStatusCode Status)
{
    /// <summary>The body, unpacked, as far as it was read.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>There was more than was to be read.</summary>
    public bool IsLong { get; init; }

    /// <summary>Where a redirect leads, perhaps relative.</summary>
    public Uri? Location { get; init; }

    /// <summary>When it wants to be asked again.</summary>
    public RetryConditionHeaderValue? RetryAfter { get; init; }

    /// <summary>What it calls the body.</summary>
    public string? MediaType { get; init; }

    /// <summary>Validator.</summary>
    public string? Etag { get; init; }

    /// <summary>Validator.</summary>
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>Its owner reserves it from training.</summary>
    public bool IsReserved { get; init; }
}
