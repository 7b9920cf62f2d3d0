using System.Text;
using InstructDiffusion.Engine.Models.Tokenization;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization;

public sealed class BytePairMergesTests
{
    private static readonly string[] Letters = ["a", "b", "c"];

    /// <summary>Against the definition: merge the pair of lowest rank everywhere, from left to right, and start again.</summary>
    [Fact]
    public void Encode_RandomRulesAndWords_FollowsTheDefinition()
    {
        var random = new Random(5);
        for (var round = 0; round < 500; round++)
        {
            var merges = RandomMerges(random);
            var pieces = merges.SelectMany(rule => new[] { rule.Left, rule.Right, rule.Left + rule.Right });
            var ends = Letters.Select(letter => letter + BytePairMerges.EndOfWord);
            var vocabulary = pieces
                .Concat(Letters)
                .Concat(ends)
                .Distinct()
                .Index()
                .ToDictionary(p => p.Item, p => p.Index);
            var word = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => Letters[random.Next(3)]));

            var ids = new List<long>();
            new BytePairMerges(merges, vocabulary, -1).Encode(Encoding.UTF8.GetBytes(word), ids);

            Assert.Equal(ByDefinition(word, merges).Select(piece => (long)vocabulary[piece]), ids);
        }
    }

    [Fact]
    public void Encode_PieceOutsideTheVocabulary_IsUnknown()
    {
        var ids = new List<long>();

        new BytePairMerges([("a", "b</w>")], new Dictionary<string, int> { ["c"] = 3 }, 7).Encode("cab"u8, ids);

        Assert.Equal([3, 7], ids);
    }

    [Fact]
    public void Encode_NoBytes_GivesNothing()
    {
        var ids = new List<long>();

        new BytePairMerges([], new Dictionary<string, int>(), 0).Encode([], ids);

        Assert.Empty(ids);
    }

    private static List<(string Left, string Right)> RandomMerges(Random random)
    {
        List<string> inner = [.. Letters];
        var merges = new List<(string Left, string Right)>();
        for (var count = random.Next(12); count > 0; count--)
        {
            var (left, right) = (inner[random.Next(inner.Count)], inner[random.Next(inner.Count)]);
            var ends = random.Next(3) == 0;
            merges.Add((left, ends ? right + BytePairMerges.EndOfWord : right));
            inner.AddRange(ends ? [] : [left + right]);
        }
        return [.. merges.Distinct().OrderBy(_ => random.Next())];
    }

    private static List<string> ByDefinition(string word, List<(string Left, string Right)> merges)
    {
        List<string> symbols = [.. word[..^1].Select(letter => $"{letter}"), word[^1] + BytePairMerges.EndOfWord];
        while (true)
        {
            var rank = symbols
                .Zip(symbols.Skip(1))
                .Select(pair => merges.IndexOf(pair))
                .Where(rank => rank >= 0)
                .Order();
            if (!rank.Any())
            {
                return symbols;
            }
            var (left, right) = merges[rank.First()];
            for (var index = 0; index < symbols.Count - 1; index++)
            {
                if ((symbols[index], symbols[index + 1]) == (left, right))
                {
                    symbols[index] += right;
                    symbols.RemoveAt(index + 1);
                }
            }
        }
    }
}
