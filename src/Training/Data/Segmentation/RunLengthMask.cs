using System.Text.Json;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// Run lengths, column by column, of pixels outside and inside by turns, the first outside: as numbers, or packed into text of six
/// bits a letter (the mask API of COCO's toolbox).
/// </summary>
/// <param name="width">Of the picture.</param>
/// <param name="height">Of the picture.</param>
/// <param name="runs">They sum to <paramref name="width"/> · <paramref name="height"/>.</param>
internal sealed class RunLengthMask(int width, int height, int[] runs) : ObjectMask
{
    private const int LargestSide = 16_384;
    private const int FirstLetter = '0';
    private const int MostLettersOfARun = 7; // 35 bits

    /// <inheritdoc/>
    public override void AddTo(Span<byte> counts, int width, int height)
    {
        if ((width, height) != (Width, Height))
        {
            throw new BrokenSampleException($"run lengths of {Width}x{Height} for a picture of {width}x{height}");
        }
        int at = 0;
        for (int i = 0; i < runs.Length; i++)
        {
            for (int end = at + runs[i]; at < end; at++)
            {
                if (i % 2 == 1)
                {
                    Count(ref counts[(at % height * width) + (at / height)]);
                }
            }
        }
    }

    private int Width => width;

    private int Height => height;

    /// <summary>Reads an object of <c>size</c> (height, width) and <c>counts</c>.</summary>
    internal static new ObjectMask? Parse(JsonElement json, out string problem)
    {
        problem = "";
        if (
            !json.TryGetProperty("size", out JsonElement size)
            || !json.TryGetProperty("counts", out JsonElement counts)
            || !TryPair(size, out int height, out int width)
        )
        {
            return None(out problem, "run lengths without a size or counts");
        }
        if (height is < 1 or > LargestSide || width is < 1 or > LargestSide)
        {
            return None(out problem, "run lengths of an absurd size");
        }
        IEnumerable<long>? values = counts.ValueKind switch
        {
            JsonValueKind.String => Unpack(counts.GetString()!),
            JsonValueKind.Array => Numbers(counts),
            _ => null,
        };
        int total = width * height;
        var runs = new List<int>();
        long sum = 0;
        foreach (long value in values ?? [-1])
        {
            sum += value;
            if (value < 0 || sum > total || runs.Count > total)
            {
                return None(out problem, "run lengths that are damaged, or longer than their picture");
            }
            runs.Add((int)value);
        }
        return sum == total
            ? new RunLengthMask(width, height, [.. runs])
            : None(out problem, "run lengths that are shorter than their picture");
    }

    /// <summary>The numbers that a text packs; −1 where it is none.</summary>
    internal static IEnumerable<long> Unpack(string text)
    {
        var before = new Queue<long>(3); // from the fourth number on, the difference from the last but one is stored
        int at = 0;
        while (at < text.Length)
        {
            long value = 0;
            for (int letter = 0; ; letter++, at++)
            {
                int bits = at < text.Length ? text[at] - FirstLetter : -1;
                if (bits is < 0 or > 63 || letter == MostLettersOfARun)
                {
                    yield return -1;
                    yield break;
                }
                value |= (long)(bits & 0x1f) << (5 * letter);
                if ((bits & 0x20) == 0)
                {
                    bool isNegative = (bits & 0x10) != 0;
                    value |= isNegative ? -1L << (5 * (letter + 1)) : 0;
                    at++;
                    break;
                }
            }
            if (before.Count == 3)
            {
                before.Dequeue();
                value += before.Peek();
            }
            before.Enqueue(value);
            yield return value;
        }
    }

    private static IEnumerable<long> Numbers(JsonElement counts)
    {
        foreach (JsonElement item in counts.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long value) ? value : -1;
        }
    }

    private static bool TryPair(JsonElement json, out int first, out int second)
    {
        (first, second) = (0, 0);
        return json.ValueKind == JsonValueKind.Array
            && json.GetArrayLength() == 2
            && json[0].ValueKind == JsonValueKind.Number
            && json[1].ValueKind == JsonValueKind.Number
            && json[0].TryGetInt32(out first)
            && json[1].TryGetInt32(out second);
    }
}
