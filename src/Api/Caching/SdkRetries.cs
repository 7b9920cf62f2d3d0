using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Caching.Memory;

namespace InstructDiffusion.Api.Caching;

/// <summary>
/// OpenAI's client libraries send a request again when its answer is lost, and say so by <c>x-stainless-retry-count</c>, but
/// give it no key. Without a seed the second try would be another edit; so it gets the seed that was drawn for the first, and
/// with it the first one's result, finished or running. Thread-safe.
/// </summary>
internal sealed class SdkRetries(TimeProvider time) : IDisposable
{
    /// <summary>The header: 0 on a first try.</summary>
    public const string Header = "x-stainless-retry-count";

    /// <summary>How long a first try is remembered: libraries wait 8 s between tries, or as long as they are told.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    private const int MostTries = 1_000;

    private readonly MemoryCache _seeds = new(
        new MemoryCacheOptions { SizeLimit = MostTries, Clock = new CacheClock(time) }
    );

    /// <summary>Settles the seed of an order.</summary>
    /// <param name="request">How it came.</param>
    /// <param name="caller">Who sent it; only their own tries are known to be the same.</param>
    /// <param name="model">The model.</param>
    /// <param name="order">The order; its seed was given, or drawn.</param>
    /// <returns>The order, with the first try's seed if this is another try of one not long ago.</returns>
    public EditOrder Settle(HttpRequest request, string caller, string model, EditOrder order)
    {
        if (
            order.Reuse != EditReuse.None
            || !int.TryParse(request.Headers[Header], NumberStyles.None, CultureInfo.InvariantCulture, out int retries)
        )
        {
            return order;
        }
        // Not of the body's bytes: a form gets another boundary each time.
        EditRequest edit = order.Request;
        var key = EditKey.Of(caller, model, edit with { Seed = 0 });
        if (retries > 0 && _seeds.TryGetValue(key, out long seed))
        {
            return order with { Request = edit with { Seed = seed }, Reuse = EditReuse.Brief };
        }
        _seeds.Set(key, edit.Seed, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Window });
        return order with { Reuse = EditReuse.Brief };
    }

    public void Dispose() => _seeds.Dispose();
}
