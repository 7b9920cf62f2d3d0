using System.Net;
using System.Net.Sockets;
using InstructDiffusion.Api.Security;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>
/// The meters of all callers. Callers with a name have one each; the requests of anonymous callers are metered by their
/// address, their engine time all together. Bounded in number: meters that have filled up again are forgotten, and when there
/// are too many others, newcomers share one.
/// </summary>
internal sealed class CallerMeters(KeyStore keys, SecurityOptions options, TimeProvider time)
{
    /// <summary>Meters that are kept at most.</summary>
    public const int MostMeters = 10_000;

    private const string Newcomers = "+";
    private const int NetworkBytesV6 = 8; // a customer has a /64 at least, and all addresses in it

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

    /// <summary>The meter of whoever sent this request.</summary>
    public CallerMeter Of(HttpContext http)
    {
        string name = Caller.Of(http).Name;
        return name.Length > 0 ? Of(name) : Find($"@{NetworkOf(http.Connection.RemoteIpAddress)}", options.Limits);
    }

    /// <summary>The meter of a caller; its engine time counts here.</summary>
    /// <param name="name">See <see cref="Caller.Name"/>.</param>
    public CallerMeter Of(string name) => Find(name, keys.Ring.LimitsOf(name).Or(options.Limits));

    private CallerMeter Find(string key, CallerLimits limits)
    {
        lock (_lock)
        {
            if (_meters.TryGetValue(key, out CallerMeter? known) && known.Limits == limits)
            {
                return known;
            }
            // The old one, if limits were changed, is left to the requests that hold it.
            var meter = new CallerMeter(limits, time);
            if (known is null && _meters.Count >= MostMeters && !Sweep())
            {
                return _meters.TryGetValue(Newcomers, out CallerMeter? shared)
                    ? shared
                    : _meters[Newcomers] = new CallerMeter(options.Limits, time);
            }
            return _meters[key] = meter;
        }
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
