using System.Text;
using InstructDiffusion.Engine.Models.Tokenization;

namespace InstructDiffusion.Training.Tokenization;

/// <summary>Finds the merges of a byte-pair vocabulary: again and again the pair of neighbours that occurs most often.</summary>
internal static class BytePairLearner
{
    /// <summary>A pair that occurs once makes nothing shorter that comes again.</summary>
    private const long FewestOccurrences = 2;

    /// <summary>The merges, best first.</summary>
    /// <param name="words">How often each word occurs.</param>
    /// <param name="most">The most pieces they may spell.</param>
    public static List<(string Left, string Right)> Learn(IReadOnlyDictionary<string, long> words, int most)
    {
        (List<string> Symbols, long Count)[] spelled = [.. words.Select(pair => (Spell(pair.Key), pair.Value))];
        var merges = new List<(string Left, string Right)>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (known.Count < most && Commonest(spelled) is { } pair)
        {
            foreach ((List<string> symbols, long _) in spelled)
            {
                Merge(symbols, pair);
            }
            // Two pairs can spell the same piece: two rules, one token.
            merges.Add(pair);
            known.Add(pair.Left + pair.Right);
        }
        return merges;
    }

    private static List<string> Spell(string word)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(word);
        List<string> symbols = [.. bytes.Select(value => ByteAlphabet.CharacterOf(value).ToString())];
        symbols[^1] += BytePairMerges.EndOfWord;
        return symbols;
    }

    private static (string Left, string Right)? Commonest((List<string> Symbols, long Count)[] words)
    {
        var counts = new Dictionary<(string Left, string Right), long>();
        foreach ((List<string> symbols, long count) in words)
        {
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                (string, string) pair = (symbols[i], symbols[i + 1]);
                counts[pair] = counts.GetValueOrDefault(pair) + count;
            }
        }
        (string Left, string Right)? best = null;
        long most = FewestOccurrences - 1;
        foreach ((var pair, long count) in counts)
        {
            if (count > most || (count == most && best is { } other && Compare(pair, other) < 0))
            {
                (best, most) = (pair, count);
            }
        }
        return best;
    }

    /// <summary>Among equals the first in code-point order, so that nothing depends on how a dictionary is laid out.</summary>
    private static int Compare((string Left, string Right) pair, (string Left, string Right) other)
    {
        int left = string.CompareOrdinal(pair.Left, other.Left);
        return left != 0 ? left : string.CompareOrdinal(pair.Right, other.Right);
    }

    private static void Merge(List<string> symbols, (string Left, string Right) pair)
    {
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            if (
                string.Equals(symbols[i], pair.Left, StringComparison.Ordinal)
                && string.Equals(symbols[i + 1], pair.Right, StringComparison.Ordinal)
            )
            {
                symbols[i] += symbols[i + 1];
                symbols.RemoveAt(i + 1);
            }
        }
    }
}
