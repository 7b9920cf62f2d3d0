using System.Net;
using InstructDiffusion.Outbound;
using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// Fetches what strangers' posts and pages name, politely: what the cache has is not asked for, robots.txt is obeyed at every hop,
/// hosts are asked one thing at a time with pauses, and every refusal has its reason.
/// </summary>
internal sealed class WebFetcher : IDisposable
{
    private readonly FetchOptions _options;
    private readonly WebCache _cache;
    private readonly TimeProvider _time;
    private readonly WebTransport _transport;
    private readonly WebCaller _caller;
    private readonly Robots _robots;

    /// <param name="options">How.</param>
    /// <param name="cache">Taken by <see cref="WebCache.Take"/>; not disposed of.</param>
    /// <param name="resolve">Finds the addresses of a host.</param>
    /// <param name="time">Tells dates and waits between requests.</param>
    /// <param name="deadlines">Measures how long a request takes.</param>
    public WebFetcher(
        FetchOptions options,
        WebCache cache,
        ResolveHost resolve,
        TimeProvider time,
        TimeProvider deadlines
    )
    {
        (_options, _cache, _time) = (options, cache, time);
        _transport = new WebTransport(options, resolve) { Deadlines = deadlines };
        _caller = new WebCaller(_transport, options, time);
        _robots = new Robots(_caller, cache, options, time);
    }

    /// <summary>What an address holds.</summary>
    /// <param name="address">The address.</param>
    /// <param name="maxBytes">Longest body.</param>
    /// <param name="accept">
    /// What is to be noted of the body; throws a lasting refusal where it is not what was hoped for.
    /// </param>
    /// <param name="cancellationToken">Ends it; what was not finished is as if never begun.</param>
    /// <exception cref="FetchRefusedException">It is not to be had.</exception>
    public async Task<WebRecord> FetchAsync(
        Uri address,
        int maxBytes,
        Func<ReadOnlyMemory<byte>, PictureNote?> accept,
        CancellationToken cancellationToken
    )
    {
        WebRecord? known = _cache.Find(address);
        if (known is not null && !_options.Refresh)
        {
            if (known.Refused is { } reason)
            {
                throw new FetchRefusedException(reason, known.Detail ?? known.Url, RefusalKind.Lasting);
            }
            if (_cache.BodyOf(address, known) is not null)
            {
                return known;
            }
        }
        // Without a body, "not modified" would leave nothing.
        known = known is { Refused: null } && _cache.BodyOf(address, known) is not null ? known : null;
        try
        {
            (WebAnswer answer, Uri final) = await FollowAsync(address, known, maxBytes, cancellationToken);
            return Keep(address, final, answer, known, accept);
        }
        catch (FetchRefusedException refusal) when (refusal.Kind == RefusalKind.Lasting)
        {
            WebRecord refused = new()
            {
                Url = address.AbsoluteUri,
                FinalUrl = address.AbsoluteUri,
                FetchedAt = _time.GetUtcNow(),
                Status = 0,
                Refused = refusal.Reason,
                Detail = refusal.Detail,
            };
            _cache.Keep(address, refused, body: null);
            throw;
        }
    }

    public void Dispose() => _transport.Dispose();

    /// <summary>Whether an answer leads to another address.</summary>
    public static bool IsRedirect(HttpStatusCode status) =>
        status
            is HttpStatusCode.MovedPermanently
                or HttpStatusCode.Found
                or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect
                or HttpStatusCode.PermanentRedirect;

    private async Task<(WebAnswer Answer, Uri Final)> FollowAsync(
        Uri address,
        WebRecord? known,
        int maxBytes,
        CancellationToken cancel
    )
    {
        Uri at = address;
        for (int hop = 0; hop <= _options.Redirects; hop++)
        {
            RobotsRules rules = await _robots.RequireAsync(at, cancel);
            // Validators are those of where the redirects led.
            bool isKnown = string.Equals(known?.FinalUrl, at.AbsoluteUri, StringComparison.Ordinal);
            WebAnswer answer = await _caller.AskAsync(
                at,
                isKnown ? known : null,
                new BodyBound(maxBytes),
                rules.Delay ?? TimeSpan.Zero,
                cancel
            );
            if (!IsRedirect(answer.Status))
            {
                return (answer, at);
            }
            bool leads = Uri.TryCreate(at, answer.Location, out Uri? next) && answer.Location is not null;
            if (!leads || !WebAddress.IsFetched(next))
            {
                throw Lasting("is redirected to what is no http or https address", $"{at} to {answer.Location}");
            }
            at = next;
        }
        throw Lasting("is redirected too often", address.AbsoluteUri);
    }

    private WebRecord Keep(
        Uri address,
        Uri final,
        WebAnswer answer,
        WebRecord? known,
        Func<ReadOnlyMemory<byte>, PictureNote?> accept
    )
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (answer.Status == HttpStatusCode.NotModified && known is not null)
        {
            WebRecord confirmed = known with { FetchedAt = now };
            _cache.Keep(address, confirmed, body: null);
            return confirmed;
        }
        if (answer.IsReserved)
        {
            throw Lasting(NoTraining.Reason, final.AbsoluteUri);
        }
        if (answer.Status != HttpStatusCode.OK)
        {
            throw Lasting($"answered {(int)answer.Status}", final.AbsoluteUri);
        }
        if (answer.IsLong)
        {
            throw Lasting("is longer than allowed", final.AbsoluteUri);
        }
        var record = new WebRecord
        {
            Url = address.AbsoluteUri,
            FinalUrl = final.AbsoluteUri,
            FetchedAt = now,
            Status = (int)answer.Status,
            Sha256 = WebCache.HashOf(answer.Body.Span),
            MediaType = answer.MediaType,
            Etag = answer.Etag,
            LastModified = answer.LastModified,
            Picture = accept(answer.Body),
        };
        _cache.Keep(address, record, answer.Body);
        return record;
    }

    private static FetchRefusedException Lasting(string reason, string detail) =>
        new(reason, detail, RefusalKind.Lasting);
}
