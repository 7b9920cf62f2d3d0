using System.Text.RegularExpressions;

namespace InstructDiffusion.Training.Data.Pictures;

/// <summary>Whether a text names left or right, and so would be wrong of a mirrored picture.</summary>
internal static partial class SideWords
{
    public static bool Names(string text) => Side().IsMatch(text);

    [GeneratedRegex(
        @"\b(left|right)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Side();
}
