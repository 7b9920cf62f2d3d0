namespace InstructDiffusion.Training.Reporting;

/// <summary>Figures as progress lines have them.</summary>
internal static class ProgressText
{
    public static string Percent(long done, long total) => total > 0 ? $"{100.0 * done / total:0.0} %" : "100 %";

    /// <summary>Three digits: <c>0.153</c>, <c>15.3</c>, <c>1530</c>.</summary>
    public static string Rate(double rate) =>
        rate switch
        {
            < 1 => $"{rate:0.000}",
            < 10 => $"{rate:0.00}",
            < 100 => $"{rate:0.0}",
            _ => $"{rate:0}",
        };
}
