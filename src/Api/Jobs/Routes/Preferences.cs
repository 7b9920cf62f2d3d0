using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>What a client would like, by the <c>Prefer</c> header (RFC 7240). What is not understood is no error there.</summary>
/// <param name="Wait">How long the client waits for an answer, at most; null if it does not say.</param>
/// <param name="RespondAsync">The client would rather have a job than wait longer.</param>
internal sealed record Preferences(TimeSpan? Wait, bool RespondAsync)
{
    /// <summary>The longest that a request is kept open: proxies cut what is silent for longer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>True if there is a wish about waiting.</summary>
    public bool IsAboutTime => RespondAsync || Wait is not null;

    /// <summary>True if the answer is wanted at once; with a <c>wait</c> beside it, only after that.</summary>
    public bool IsImmediate => RespondAsync && Wait is null;

    /// <summary>The <c>Preference-Applied</c> header for what was granted.</summary>
    public string Applied => Wait is { } wait ? WaitOf(wait) : "respond-async";

    /// <summary>Reads the header.</summary>
    public static Preferences Of(HttpRequest request)
    {
        TimeSpan? wait = null;
        bool respondAsync = false;
        foreach (string wish in Wishes(request.Headers["Prefer"]))
        {
            string[] parts = wish.Split('=', 2, StringSplitOptions.TrimEntries);
            // Of two wishes with one name the first counts.
            if (parts[0].Equals("wait", StringComparison.OrdinalIgnoreCase) && parts.Length == 2)
            {
                wait ??= Seconds(parts[1].Trim('"'));
            }
            respondAsync |= wish.Equals("respond-async", StringComparison.OrdinalIgnoreCase);
        }
        return new Preferences(wait, respondAsync);
    }

    private static string WaitOf(TimeSpan wait) =>
        string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:F0}");

    private static IEnumerable<string> Wishes(StringValues header) =>
        header
            .Where(line => line is not null)
            .SelectMany(line =>
                line!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            )
            // Parameters of a wish follow a semicolon; there are none that matter here.
            .Select(wish => wish.Split(';')[0].Trim());

    private static TimeSpan? Seconds(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, (int)LongestWait.TotalSeconds))
            : null;
}
