using System.Globalization;

namespace InstructDiffusion.Server.Load.Traffic;

/// <summary>A stretch of time in which requests come at one rate.</summary>
/// <param name="PerSecond">Requests a second on average, above 0.</param>
/// <param name="Seconds">How long, above 0.</param>
internal sealed record LoadPhase(double PerSecond, double Seconds)
{
    /// <summary>RATE:SECONDS, e.g. <c>2.5:30</c>; null when the text is something else.</summary>
    public static LoadPhase? Parse(string text) =>
        text.Split(':') is [var rate, var time] && Number(rate) is { } perSecond && Number(time) is { } seconds
            ? new LoadPhase(perSecond, seconds)
            : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
        && number > 0
            ? number
            : null;
}
