using System.Collections.Concurrent;
using System.Net;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// The robots.txt of every host that is asked, fetched once a day at most (RFC 9309, 2.3 and 2.4). Where there is none, everything is
/// allowed; where it cannot be had, nothing is.
/// </summary>
/// <param name="caller">Asks.</param>
/// <param name="cache">Keeps them from run to run.</param>
/// <param name="options">Who asks.</param>
/// <param name="time">Tells their age.</param>
internal sealed class Robots(WebCaller caller, WebCache cache, FetchOptions options, TimeProvider time)
{
    private const int MostRedirects = 5; // as the RFC has it

    private static readonly BodyBound _bound = new(RobotsFile.MaxBytes, TakesBeginning: true);
    private static readonly TimeSpan _lifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan _unreachableFor = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Origin> _origins = new(StringComparer.Ordinal);

    /// <summary>The rules for an address.</summary>
    /// <exception cref="FetchRefusedException">It may not be fetched.</exception>
    public async Task<RobotsRules> RequireAsync(Uri address, CancellationToken cancellationToken)
    {
        Origin origin = _origins.GetOrAdd(WebAddress.OriginOf(address), _ => new Origin());
        RobotsRules? rules;
        await origin.One.WaitAsync(cancellationToken);
        try
        {
            if (origin.Until <= time.GetUtcNow())
            {
                (origin.Rules, origin.Until) = await ReadAsync(address, cancellationToken);
            }
            rules = origin.Rules;
        }
        finally
        {
            origin.One.Release();
        }
        if (rules is null)
        {
            throw new FetchRefusedException(
                "is on a host whose robots.txt cannot be had",
                address.AbsoluteUri,
                RefusalKind.Passing
            );
        }
        if (!rules.Allows(address))
        {
            throw new FetchRefusedException("is forbidden by robots.txt", address.AbsoluteUri, RefusalKind.Ruled);
        }
        return rules.Delay <= options.LongestWait || rules.Delay is null
            ? rules
            : throw new FetchRefusedException(
                "is on a host whose robots.txt asks for longer waits than allowed",
                $"{address.AbsoluteUri}: {rules.Delay.Value.TotalSeconds:0} s",
                RefusalKind.Ruled
            );
    }

    private async Task<(RobotsRules? Rules, DateTimeOffset Until)> ReadAsync(Uri address, CancellationToken cancel)
    {
        var place = new Uri(address, "/robots.txt");
        DateTimeOffset now = time.GetUtcNow();
        if (cache.Find(place) is { } kept && kept.FetchedAt <= now && now < kept.FetchedAt + _lifetime)
        {
            if (RulesOf(kept.Status, cache.BodyOf(place, kept)) is { } known)
            {
                return (known, kept.FetchedAt + _lifetime);
            }
        }
        try
        {
            (WebAnswer answer, Uri final) = await FetchAsync(place, cancel);
            if (RulesOf((int)answer.Status, answer.Body.ToArray()) is { } rules)
            {
                now = time.GetUtcNow();
                cache.Keep(place, RecordOf(place, final, answer, now), answer.Body);
                return (rules, now + _lifetime);
            }
        }
        catch (FetchRefusedException refusal) when (!(refusal.Kind == RefusalKind.Ruled && IsOn(address, refusal)))
        {
            // Cannot be had: nothing is allowed.
        }
        return (null, time.GetUtcNow() + _unreachableFor);
    }

    private async Task<(WebAnswer Answer, Uri Final)> FetchAsync(Uri place, CancellationToken cancel)
    {
        Uri at = place;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            WebAnswer answer = await caller.AskAsync(at, known: null, _bound, TimeSpan.Zero, cancel);
            if (!WebFetcher.IsRedirect(answer.Status))
            {
                return (answer, at);
            }
            if (answer.Location is not { } location || !Uri.TryCreate(at, location, out Uri? next))
            {
                break;
            }
            at = WebAddress.IsFetched(next) ? next : throw Lost(place);
        }
        throw Lost(place);
    }

    /// <summary>Null where a robots.txt that is there could not be had.</summary>
    private RobotsRules? RulesOf(int status, byte[]? body) =>
        status switch
        {
            200 when body is not null => RobotsFile.Parse(body).RulesFor(options.Crawler.Token),
            >= 400 and < 500 and not (int)HttpStatusCode.TooManyRequests => RobotsRules.AllowAll,
            _ => null,
        };

    private static WebRecord RecordOf(Uri place, Uri final, WebAnswer answer, DateTimeOffset now) =>
        new()
        {
            Url = place.AbsoluteUri,
            FinalUrl = final.AbsoluteUri,
            FetchedAt = now,
            Status = (int)answer.Status,
            Sha256 = WebCache.HashOf(answer.Body.Span),
        };

    // The address itself is not called, not merely one that its robots.txt is redirected to.
    private static bool IsOn(Uri address, FetchRefusedException refusal) =>
        string.Equals(refusal.Detail, new Uri(address, "/robots.txt").AbsoluteUri, StringComparison.Ordinal);

    private static FetchRefusedException Lost(Uri place) =>
        new("is redirected nowhere", place.AbsoluteUri, RefusalKind.Passing);

    private sealed class Origin
    {
        public SemaphoreSlim One { get; } = new(1);

        public RobotsRules? Rules { get; set; }

        public DateTimeOffset Until { get; set; } = DateTimeOffset.MinValue;
    }
}
