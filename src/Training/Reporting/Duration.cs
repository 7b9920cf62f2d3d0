namespace InstructDiffusion.Training.Reporting;

/// <summary>Lengths of time as people read them.</summary>
internal static class Duration
{
    /// <summary>Two units at most: <c>45 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>, <c>12 d 4 h</c>.</summary>
    public static string Text(double seconds)
    {
        const double LongestDays = 9999;
        TimeSpan time = TimeSpan.FromSeconds(Math.Clamp(Math.Round(seconds), 0, LongestDays * 24 * 3600));
        return time switch
        {
            { TotalMinutes: < 1 } => $"{time.Seconds} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds:00} s",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes:00} min",
            _ => $"{time.Days} d {time.Hours} h",
        };
    }
}
