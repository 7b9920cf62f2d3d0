using System.Net;
using System.Net.Sockets;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>
/// The meters of all callers: of requests, which anonymous callers have by the network they come from, and of the engine's time,
/// which they have all together. Bounded in number: meters that have filled up again are forgotten, and when there are too many
/// others, newcomers share one.
/// </summary>
internal sealed class CallerMeters(KeyStore keys, SecurityOptions options, TimeProvider time)
{
    /// <summary>Meters that are kept at most.</summary>
    public const int MostMeters = 10_000;

    private const int NetworkBytesV6 = 8; // a customer has a /64 at least, and all addresses in it
    private static readonly CallerLimits NoLimits = new();
    private static readonly CallerMeter Unlimited = new(NoLimits, TimeProvider.System);

    private readonly Dictionary<string, CallerMeter> _meters = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long? _sweptAt;

    /// <summary>Meters kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _meters.Count;
            }
        }
    }

    /// <summary>The meter of the requests of whoever sent this one.</summary>
    public CallerMeter RequestsOf(HttpContext http)
    {
        string name = Caller.Of(http).Name;
        string key = name.Length > 0 ? $"caller {name}" : $"network {NetworkOf(http.Connection.RemoteIpAddress)}";
        return Find(key, LimitsOf(name) with { EngineSecondsPerMinute = null });
    }

    /// <summary>The meter of a caller's engine time; null for no bound.</summary>
    /// <param name="name">See <see cref="Caller.Name"/>.</param>
    public CreditLimiter? EngineOf(string name) =>
        Find(
            $"engine {name}",
            new CallerLimits { EngineSecondsPerMinute = LimitsOf(name).EngineSecondsPerMinute }
        ).Engine;

    private CallerLimits LimitsOf(string name) => keys.Ring.LimitsOf(name).Or(options.Limits);

    private CallerMeter Find(string key, CallerLimits limits)
    {
        if (limits == NoLimits)
        {
            return Unlimited;
        }
        lock (_lock)
        {
            if (_meters.TryGetValue(key, out CallerMeter? known) && known.Limits == limits)
            {
                return known;
            }
            if (known is null && _meters.Count >= MostMeters && !Sweep())
            {
                return SharedByNewcomers(limits);
            }
            // The old one, if limits were changed, is left to the requests that hold it.
            return _meters[key] = new CallerMeter(limits, time);
        }
    }

    private CallerMeter SharedByNewcomers(CallerLimits limits)
    {
        string key = $"newcomers {limits}";
        return _meters.TryGetValue(key, out CallerMeter? shared)
            ? shared
            : _meters[key] = new CallerMeter(limits, time);
    }

    // Once a second at most: under a flood of addresses it would find nothing each time.
    private bool Sweep()
    {
        long now = time.GetTimestamp();
        if (_sweptAt is { } before && time.GetElapsedTime(before, now) < TimeSpan.FromSeconds(1))
        {
            return false;
        }
        _sweptAt = now;
        foreach (string idle in _meters.Where(meter => meter.Value.IsIdle).Select(meter => meter.Key).ToArray())
        {
            _meters.Remove(idle);
        }
        return _meters.Count < MostMeters;
    }

    private static string NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }
        IPAddress plain = GlobalAddress.Plain(address);
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(plain.GetAddressBytes().AsSpan(0, NetworkBytesV6))
            : plain.ToString();
    }
}
