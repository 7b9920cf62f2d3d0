using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// Asks one address with patience: in the host's turn, again after a failure in passing, with growing waits or as long as the host
/// asks for. Redirects are answers like others.
/// </summary>
/// <param name="transport">Asks once.</param>
/// <param name="options">How often, and how long to wait at most.</param>
/// <param name="time">Waits.</param>
internal sealed class WebCaller(WebTransport transport, FetchOptions options, TimeProvider time)
{
    private const int FirstWaitSeconds = 5;

    // A host at which so many addresses failed one after the other is left alone for the rest of the run.
    private const int MostFailures = 3;
    private const int GivenUp = int.MaxValue;

    private readonly HostTurns _turns = new(time);
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);

    /// <summary>Asks until there is an answer that is none in passing.</summary>
    /// <param name="address">The address.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="bound">What is read at most.</param>
    /// <param name="delay">Least time to the host's next request, as its robots.txt has it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FetchRefusedException">There is none.</exception>
    public async Task<WebAnswer> AskAsync(
        Uri address,
        WebRecord? known,
        BodyBound bound,
        TimeSpan delay,
        CancellationToken cancellationToken
    )
    {
        string host = WebAddress.HostOf(address);
        TimeSpan least = delay > options.Delay ? delay : options.Delay;
        for (int attempt = 1; ; attempt++)
        {
            if (_failures.GetValueOrDefault(host) >= MostFailures)
            {
                throw new FetchRefusedException(
                    "is on a host that is left alone",
                    address.AbsoluteUri,
                    RefusalKind.Passing
                );
            }
            FetchRefusedException failure;
            TimeSpan? asked = null;
            try
            {
                WebAnswer answer = await _turns.TakeAsync(
                    host,
                    least,
                    () => transport.GetAsync(address, known, bound, cancellationToken),
                    cancellationToken
                );
                if (!IsPassing(answer.Status))
                {
                    _failures[host] = 0;
                    return answer;
                }
                asked = WaitOf(answer.RetryAfter);
                failure = new FetchRefusedException(
                    $"answered {(int)answer.Status}",
                    address.AbsoluteUri,
                    RefusalKind.Passing
                );
            }
            catch (FetchRefusedException refusal) when (refusal.Kind == RefusalKind.Passing)
            {
                failure = refusal;
            }
            double seconds = FirstWaitSeconds * Math.Pow(2, attempt - 1);
            var growing = TimeSpan.FromSeconds(Math.Min(seconds, options.LongestWait.TotalSeconds));
            TimeSpan wait = asked > growing ? asked.Value : growing;
            if (wait > options.LongestWait)
            {
                _failures[host] = GivenUp;
                throw new FetchRefusedException(
                    "asks to be left alone for longer than allowed",
                    $"{address.AbsoluteUri}: {wait.TotalSeconds:0} s",
                    RefusalKind.Passing
                );
            }
            // The whole host is what is busy, not this address alone.
            _turns.Pause(host, wait);
            if (attempt >= options.Attempts)
            {
                _failures.AddOrUpdate(host, 1, (_, count) => count == GivenUp ? count : count + 1);
                throw failure;
            }
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private TimeSpan? WaitOf(RetryConditionHeaderValue? header) =>
        header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
}
