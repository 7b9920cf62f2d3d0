using System.Text.Json;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Segmentation;

namespace InstructDiffusion.Training.Tests.Data.Segmentation;

/// <summary>
/// Masks against COCO's own toolbox: <c>coco-masks.json</c> was computed once with its mask API (maskApi.c, compiled by itself):
/// polygons made run lengths, merged by union, as numbers and as text. The first cases are small enough to be checked by hand.
/// </summary>
public sealed class CocoMaskTests
{
    private static readonly JsonElement[] _cases =
    [
        .. JsonDocument
            .Parse(
                File.ReadAllText(
                    RepositoryRoot.Of("tests", "Training.Tests", "Data", "Segmentation", "coco-masks.json")
                )
            )
            .RootElement.EnumerateArray(),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, _cases.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Polygons_AreThePixelsOfTheToolbox(int number)
    {
        (int width, int height, JsonElement item) = Case(number);

        byte[] drawn = Draw(item.GetProperty("segmentation"), width, height);

        Assert.Equal(Expected(item, width, height), drawn.Select(count => count > 0));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void RunLengths_AreThePixelsOfTheToolbox(int number)
    {
        (int width, int height, JsonElement item) = Case(number);
        string json = $$"""{"size": [{{height}}, {{width}}], "counts": {{item.GetProperty("counts").GetRawText()}}}""";

        byte[] drawn = Draw(JsonDocument.Parse(json).RootElement, width, height);

        Assert.Equal(Expected(item, width, height), drawn.Select(count => count > 0));
    }

    [Fact]
    public void Polygons_ARectangle_CoversThePixelsWhoseMiddlesAreInside()
    {
        byte[] drawn = Draw(JsonDocument.Parse("[[1,1, 5,1, 5,4, 1,4]]").RootElement, 8, 6);

        Assert.All(
            drawn.Index(),
            pixel => Assert.Equal(pixel.Index % 8 is >= 1 and < 5 && pixel.Index / 8 is >= 1 and < 4, pixel.Item == 1)
        );
    }

    [Fact]
    public void Polygons_ThatOverlap_CountTwice()
    {
        byte[] drawn = Draw(JsonDocument.Parse("[[0,0, 4,0, 4,4, 0,4], [2,0, 6,0, 6,4, 2,4]]").RootElement, 6, 4);

        Assert.Equal([1, 1, 2, 2, 1, 1], drawn[..6]);
    }

    [Fact]
    public void RunLengths_ByHand_GoDownTheColumns()
    {
        // 2 outside, 3 inside, 1 outside, of 2 columns of 3.
        byte[] drawn = Draw(JsonDocument.Parse("""{"size": [3, 2], "counts": [2, 3, 1]}""").RootElement, 2, 3);

        Assert.Equal([0, 1, 0, 1, 1, 0], drawn);
    }

    [Theory]
    [InlineData("[]", "without polygons")]
    [InlineData("7", "neither polygons nor run lengths")]
    [InlineData("[[1, 2, 3, 4]]", "fewer than three points")]
    [InlineData("[[1, 2, 3, 4, 5, 6, 7]]", "half a point")]
    [InlineData("[[1, 2, 3, 4, 5, \"\"]]", "no list of numbers")]
    [InlineData("[[1, 2, 3, 4, 5, null]]", "no list of numbers")]
    [InlineData("[7]", "no list of numbers")]
    [InlineData("[[1, 2, 3, 4, 5, 1e400]]", "nowhere near")]
    [InlineData("[[1, 2, 3, 4, 5, 1e9]]", "nowhere near")]
    [InlineData("""{"size": [3, 2], "counts": [2, 3, 2]}""", "longer than")]
    [InlineData("""{"size": [3, 2], "counts": [2, 3]}""", "shorter than")]
    [InlineData("""{"size": [3, 2], "counts": [2, -3, 7]}""", "damaged")]
    [InlineData("""{"size": [3, 2], "counts": [9223372036854775807, 9223372036854775807]}""", "longer than")]
    [InlineData("""{"size": [3, 2], "counts": [2, 3.5]}""", "damaged")]
    [InlineData("""{"size": [3, 2], "counts": "oooooooo"}""", "damaged")]
    [InlineData("""{"size": [3, 2], "counts": "2"}""", "shorter than")]
    [InlineData("""{"size": [3, 2], "counts": "2o"}""", "damaged")]
    [InlineData("""{"size": [3, 2], "counts": "\u00ff"}""", "damaged")]
    [InlineData("""{"size": [3, 2], "counts": {}}""", "damaged")]
    [InlineData("""{"size": [100000, 100000], "counts": [10000000000]}""", "absurd size")]
    [InlineData("""{"size": [0, 2], "counts": [0]}""", "absurd size")]
    [InlineData("""{"size": 3, "counts": [0]}""", "without a size")]
    [InlineData("""{"counts": [0]}""", "without a size")]
    public void Parse_AbsurdSegmentation_IsRefusedWithItsReason(string json, string reason)
    {
        Assert.Null(ObjectMask.Parse(JsonDocument.Parse(json).RootElement, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BoundaryThatWouldTakeHours_IsRefused()
    {
        string zigzag = string.Join(',', Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? "0,0" : "99999,99999"));

        Assert.Null(ObjectMask.Parse(JsonDocument.Parse($"[[{zigzag}]]").RootElement, out string problem));
        Assert.Contains("absurd size", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_PointsWithoutEnd_AreRefused()
    {
        string many = string.Join(',', Enumerable.Repeat("1,1", 1_000_001));

        Assert.Null(ObjectMask.Parse(JsonDocument.Parse($"[[{many}]]").RootElement, out string problem));
        Assert.Contains("absurd size", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AddTo_RunLengthsOfAnotherSize_AreABrokenSample()
    {
        ObjectMask mask = ObjectMask.Parse(
            JsonDocument.Parse("""{"size": [3, 2], "counts": [6]}""").RootElement,
            out _
        )!;

        Assert.Throws<BrokenSampleException>(() => mask.AddTo(new byte[6], 3, 2));
    }

    private static (int Width, int Height, JsonElement Item) Case(int number) =>
        (
            _cases[number].GetProperty("width").GetInt32(),
            _cases[number].GetProperty("height").GetInt32(),
            _cases[number]
        );

    private static byte[] Draw(JsonElement segmentation, int width, int height)
    {
        ObjectMask? mask = ObjectMask.Parse(segmentation, out string problem);
        Assert.Equal("", problem);
        var counts = new byte[width * height];
        mask!.AddTo(counts, width, height);
        return counts;
    }

    /// <summary>The fixture's run lengths as pixels, from a case of the same mask whose counts are numbers or text.</summary>
    private static bool[] Expected(JsonElement item, int width, int height)
    {
        JsonElement counts = item.GetProperty("counts");
        List<long> runs =
            counts.ValueKind == JsonValueKind.Array
                ? [.. counts.EnumerateArray().Select(run => run.GetInt64())]
                : Unpack(counts.GetString()!);
        var pixels = new bool[width * height];
        int at = 0;
        for (int i = 0; i < runs.Count; i++)
        {
            for (long left = runs[i]; left > 0; left--, at++)
            {
                pixels[at % height * width + at / height] = i % 2 == 1;
            }
        }
        Assert.Equal(pixels.Length, at);
        return pixels;
    }

    // Six bits a letter: five of value, one for "more follow"; the fifth of the last is the sign. From the fourth number on, differences.
    private static List<long> Unpack(string text)
    {
        var numbers = new List<long>();
        var letters = new Queue<int>(text.Select(letter => letter - 48));
        while (letters.Count > 0)
        {
            long value = 0;
            int weight = 0;
            int letter;
            do
            {
                letter = letters.Dequeue();
                value += (long)(letter % 32) << weight;
                weight += 5;
            } while (letter >= 32);
            if (letter % 32 >= 16)
            {
                value -= 1L << weight;
            }
            numbers.Add(numbers.Count > 2 ? value + numbers[^2] : value);
        }
        return numbers;
    }
}
