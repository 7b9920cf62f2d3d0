using System.Diagnostics;
using InstructDiffusion.Engine.Models.Tokenization;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization;

public sealed class ClipTokenizerTests
{
    private const int Begin = 49406;
    private const int End = 49407;

    private static readonly ClipTokenizer Tokenizer = TokenizerCases.Full;

    public static TheoryData<int> CaseNumbers => [.. Enumerable.Range(0, TokenizerCases.All.Count)];

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void Encode_ReferenceCase_GivesReferenceIds(int number)
    {
        var (text, ids, _) = TokenizerCases.All[number];

        var encoded = Tokenizer.Encode(text);

        Assert.Equal(77, encoded.Ids.Length);
        Assert.Equal(ids.Select(id => (long)id), encoded.Ids.Take(ids.Length));
        Assert.All(encoded.Ids.Skip(ids.Length), id => Assert.Equal(End, id));
        Assert.True(ids.Length == 77 ? encoded.TokenCount >= 77 : encoded.TokenCount == ids.Length);
    }

    [Fact]
    public void Encode_EmptyText_IsBeginEndAndPadding()
    {
        var encoded = Tokenizer.Encode("");

        Assert.Equal([Begin, .. Enumerable.Repeat((long)End, 76)], encoded.Ids);
        Assert.Equal(2, encoded.TokenCount);
        Assert.Equal(0, encoded.DroppedTokens);
    }

    [Theory]
    [InlineData(75, 0)]
    [InlineData(76, 1)]
    [InlineData(500, 425)]
    public void Encode_TextOfManyTokens_ReportsWhatWasDropped(int words, int dropped)
    {
        var encoded = Tokenizer.Encode(string.Join(' ', Enumerable.Repeat("cat", words)));

        Assert.Equal(words + 2, encoded.TokenCount);
        Assert.Equal(dropped, encoded.DroppedTokens);
        Assert.Equal(2368, encoded.Ids[75]);
        Assert.Equal(End, encoded.Ids[76]);
    }

    [Fact]
    public void Encode_AnotherLength_PadsAndCutsToIt()
    {
        Assert.Equal([Begin, 320, End, End, End], Tokenizer.Encode("a", 5).Ids);
        Assert.Equal([Begin, 320, End], Tokenizer.Encode("a photo of a cat", 3).Ids);
        Assert.Equal(4, Tokenizer.Encode("a photo of a cat", 3).DroppedTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Encode("a", 1));
    }

    [Fact]
    public void Encode_LoneSurrogates_CountAsReplacementCharacters()
    {
        // Not in attributes, whose strings are stored as UTF-8.
        Assert.Equal(Tokenizer.Encode("a\ufffdb").Ids, Tokenizer.Encode("a\udc00b").Ids);
        Assert.Equal(Tokenizer.Encode("\ufffd\ufffd cat").Ids, Tokenizer.Encode("\udc00\ud800 cat").Ids);
        Assert.Equal(Tokenizer.Encode("\ufffd").Ids, Tokenizer.Encode("\ud83d").Ids);
    }

    [Fact]
    public void Encode_NulAndControls_AreDropped() =>
        Assert.Equal(Tokenizer.Encode("a cat").Ids, Tokenizer.Encode("\0a\u0001 c\u001b[1;31mat\u007f").Ids);

    [Fact]
    public void Encode_AstralLettersAndDigits_AreClassifiedByCodePoint()
    {
        // Two letters are one word; two digits are two. Only the last piece of a word carries the word's end.
        Assert.Equal(1, WordEnds("\U0001D4B6\U0001D4B7"));
        Assert.Equal(2, WordEnds("\U0001D7CE\U0001D7CF"));
        Assert.Equal(2, WordEnds("\U0001D4B6\U0001F600"));
    }

    [Theory]
    [InlineData("<|startoftext|>", Begin)]
    [InlineData("<|EndOfText|>", End)]
    [InlineData("&lt;|endoftext|&gt;", End)]
    public void Encode_SpecialTokenInTheText_IsThatToken(string text, int id) =>
        Assert.Equal([Begin, id, End], Tokenizer.Encode(text, 3).Ids);

    [Theory]
    [InlineData("a")]
    [InlineData("aé1! ")]
    [InlineData("&amp;amp;")]
    [InlineData("'\"")]
    [InlineData("\u0301\u0327")]
    [InlineData("é\u0301")]
    [InlineData("Σ'")]
    [InlineData("Ã©")]
    [InlineData("<|endoftext|>")]
    [InlineData("\u001b[")]
    public void Encode_HugeText_TakesTimeInStepWithItsLength(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 200_000 / unit.Length));

        var watch = Stopwatch.StartNew();
        var encoded = Tokenizer.Encode(text);

        // Tens of milliseconds in fact; quadratic work on 200,000 characters would take minutes.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(77, encoded.Ids.Length);
    }

    [Fact]
    public void Encode_EntityEscapedManyTimes_EndsAfterBoundedRounds()
    {
        var text = "&" + string.Concat(Enumerable.Repeat("amp;", 50_000));

        var watch = Stopwatch.StartNew();
        Tokenizer.Encode(text);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Encode_TextBeyondTheLimit_IsRefused() =>
        Assert.Contains(
            "1000001",
            Assert.Throws<ArgumentException>(() => Tokenizer.Encode(new string('a', 1_000_001))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Encode_ByManyThreads_GivesTheSameIds()
    {
        Parallel.For(
            0,
            2000,
            number =>
            {
                var (text, ids, _) = TokenizerCases.All[number % TokenizerCases.All.Count];
                Assert.Equal(ids.Select(id => (long)id), Tokenizer.Encode(text).Ids.Take(ids.Length));
            }
        );
    }

    [Fact]
    public void Load_TinyVocabulary_TakesItsOwnIds()
    {
        var tiny = ClipTokenizer.Load(TokenizerCases.TinyVocabulary);

        Assert.Equal((1000, 998, 999, 999), (tiny.VocabularySize, tiny.BeginId, tiny.EndId, tiny.PadId));
        Assert.Equal([998, 320, 999, 999], tiny.Encode("a", 4).Ids);
        Assert.All(tiny.Encode("Übermorgen 你好 painting 😀").Ids, id => Assert.InRange(id, 0, 999));
    }

    [Fact]
    public void Default_IsTheFullVocabulary()
    {
        const string Text = "Don't turn the sky red, 你好 ½ 😀";

        Assert.Equal(49408, ClipTokenizer.Default.VocabularySize);
        Assert.Equal(Tokenizer.Encode(Text).Ids, ClipTokenizer.Default.Encode(Text).Ids);
    }

    private static int WordEnds(string text)
    {
        using var file = File.OpenRead(Path.Combine(TokenizerCases.FullVocabulary, "vocab.json"));
        var vocabulary = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, long>>(file)!;
        var ends = vocabulary.Where(piece => piece.Key.EndsWith("</w>", StringComparison.Ordinal));
        var endIds = ends.Select(piece => piece.Value).ToHashSet();
        var encoded = Tokenizer.Encode(text);
        return encoded.Ids.Take(encoded.TokenCount).Count(endIds.Contains);
    }
}
