namespace InstructDiffusion.Training.Construction.Web;

/// <summary>The user's list of words and phrases that make an entry unsafe, found as whole words in any case.</summary>
internal sealed class UnsafeWords
{
    private readonly HashSet<string> _words;
    private readonly int _longest;

    /// <param name="words">A word or a phrase each.</param>
    public UnsafeWords(IEnumerable<string> words)
    {
        _words = new HashSet<string>(words.Select(word => string.Join(' ', WordsOf(word))), StringComparer.Ordinal);
        _words.Remove("");
        _longest = _words.Count == 0 ? 0 : _words.Max(word => word.Count(letter => letter == ' ') + 1);
    }

    /// <summary>The first one in a text; null where there is none.</summary>
    public string? FindIn(string text)
    {
        if (_longest == 0)
        {
            return null;
        }
        string[] words = WordsOf(text);
        for (int first = 0; first < words.Length; first++)
        {
            for (int count = 1; count <= _longest && first + count <= words.Length; count++)
            {
                string phrase = string.Join(' ', words, first, count);
                if (_words.Contains(phrase))
                {
                    return phrase;
                }
            }
        }
        return null;
    }

    private static string[] WordsOf(string text)
    {
        char[] letters = text.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = char.IsLetterOrDigit(letters[i]) ? letters[i] : ' ';
        }
        return new string(letters).Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
