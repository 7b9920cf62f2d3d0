using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Unicode normalisation form C (UAX #15). .NET's own <c>Normalize</c> leaves text as it is where the globalisation data
/// of the system are not used, as in this project, so that the same prompt gives the same tokens on every machine.
/// </summary>
internal static class CanonicalComposition
{
    // Below this, every character is its own composed form and combines with none before it.
    private const char FirstCombining = '\u0300';

    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;
    private const int HangulCount = LeadCount * VowelCount * TrailCount;

    /// <summary>The composed form of a text without lone surrogates.</summary>
    public static string Compose(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstCombining, char.MaxValue))
        {
            return text;
        }
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, points);
        }
        var ordered = points.ToArray();
        SortMarks(ordered);
        var composed = new StringBuilder(text.Length);
        foreach (var point in ordered.AsSpan(0, ComposeInPlace(ordered)))
        {
            composed.Append(new Rune(point));
        }
        return composed.ToString();
    }

    private static void Decompose(int point, List<int> points)
    {
        var hangul = point - HangulBase;
        if (hangul is >= 0 and < HangulCount)
        {
            points.Add(LeadBase + hangul / (VowelCount * TrailCount));
            points.Add(VowelBase + hangul % (VowelCount * TrailCount) / TrailCount);
            if (hangul % TrailCount != 0)
            {
                points.Add(TrailBase + hangul % TrailCount);
            }
        }
        else if (point >= 0x80 && CanonicalTables.Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, points);
            if (parts.Second != 0)
            {
                points.Add(parts.Second);
            }
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Brings each run of combining marks into the order of their classes; equal classes stay as they are.</summary>
    private static void SortMarks(int[] points)
    {
        for (var start = 0; start < points.Length; start++)
        {
            var end = start;
            while (end < points.Length && CanonicalTables.ClassOf(points[end]) != 0)
            {
                end++;
            }
            // The position in the key keeps equal classes in order.
            var keys = new long[end - start];
            for (var index = 0; index < keys.Length; index++)
            {
                keys[index] = ((long)CanonicalTables.ClassOf(points[start + index]) << 32) | (uint)index;
            }
            keys.AsSpan().Sort(points.AsSpan(start, keys.Length));
            start = end;
        }
    }

    /// <summary>Joins starters with what follows them where one character stands for both; gives the new length.</summary>
    private static int ComposeInPlace(int[] points)
    {
        var length = 0;
        var starter = -1;
        var lastClass = 0;
        foreach (var point in points)
        {
            var pointClass = CanonicalTables.ClassOf(point);
            // A mark is blocked by one of its own class between it and the starter; a starter by anything.
            var adjacent = starter == length - 1;
            var blocked = !adjacent && (pointClass == 0 || lastClass >= pointClass);
            if (starter >= 0 && !blocked && TryCompose(points[starter], point, out var joined))
            {
                points[starter] = joined;
                continue;
            }
            if (pointClass == 0)
            {
                starter = length;
            }
            lastClass = pointClass;
            points[length++] = point;
        }
        return length;
    }

    private static bool TryCompose(int first, int second, out int joined)
    {
        var (lead, vowel) = (first - LeadBase, second - VowelBase);
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
        {
            joined = HangulBase + (lead * VowelCount + vowel) * TrailCount;
            return true;
        }
        var (syllable, trail) = (first - HangulBase, second - TrailBase);
        if (syllable is >= 0 and < HangulCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
        {
            joined = first + trail;
            return true;
        }
        return CanonicalTables.Compositions.TryGetValue((first, second), out joined);
    }
}
