namespace InstructDiffusion.Cli.Progress;

/// <summary>Sizes as people read them: decimal units, three digits.</summary>
internal static class ByteCount
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    public static string Text(double bytes)
    {
        int unit = 0;
        // 999.5 would print as 1000.
        while (bytes >= 999.5 && unit < Units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }
        string digits =
            unit == 0 || bytes >= 99.95 ? "0"
            : bytes >= 9.995 ? "0.0"
            : "0.00";
        return $"{bytes.ToString(digits)} {Units[unit]}";
    }
}
