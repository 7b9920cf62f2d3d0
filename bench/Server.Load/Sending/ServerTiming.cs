using System.Globalization;
using System.Net.Http.Headers;

namespace InstructDiffusion.Server.Load.Sending;

/// <summary>The header <c>Server-Timing</c>.</summary>
internal static class ServerTiming
{
    /// <summary>The durations by their names, in milliseconds; empty when there are none.</summary>
    public static IReadOnlyDictionary<string, double> Parse(HttpResponseHeaders headers)
    {
        var timings = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!headers.TryGetValues("Server-Timing", out IEnumerable<string>? values))
        {
            return timings;
        }
        foreach (string entry in string.Join(',', values).Split(','))
        {
            string[] parts = entry.Split(';', StringSplitOptions.TrimEntries);
            string? duration = parts.FirstOrDefault(part => part.StartsWith("dur=", StringComparison.Ordinal));
            if (
                duration is not null
                && double.TryParse(
                    duration.AsSpan("dur=".Length),
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out double ms
                )
            )
            {
                timings[parts[0]] = ms;
            }
        }
        return timings;
    }
}
