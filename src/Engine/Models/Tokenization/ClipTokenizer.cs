using System.Buffers;
using System.Text;
using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>
/// CLIP's byte-pair tokenizer, for vocabularies of any size. Gives the ids of transformers' <c>CLIPTokenizer</c> with
/// ftfy installed, which is what the original InstructDiffusion runs. Immutable: any number of threads may share one.
/// </summary>
/// <remarks>
/// As there, a special token that the user writes (<c>&lt;|endoftext|&gt;</c>) becomes that token, in any case for begin
/// and end, exactly as written for others.
/// </remarks>
public sealed class ClipTokenizer
{
    /// <summary>The longest text that is taken, in UTF-16 units; its time and memory grow in step with its length.</summary>
    public const int MaxTextLength = 1_000_000;

    private static readonly Lazy<ClipTokenizer> LazyDefault = new(() =>
        new(new TokenizerFiles(EmbeddedFile.Open, "(embedded)").Read())
    );

    private readonly TokenizerDefinition _definition;
    private readonly BytePairMerges _merges;
    private readonly SearchValues<string> _unsplit;
    private readonly string[] _unsplitLongestFirst;
    private readonly string[] _markers;

    private ClipTokenizer(TokenizerDefinition definition)
    {
        _definition = definition;
        _merges = new BytePairMerges(definition.Merges, definition.Vocabulary, IdOf(definition.Special.Unknown));
        _unsplitLongestFirst = [.. definition.Unsplit.OrderByDescending(token => token.Length)];
        _unsplit = SearchValues.Create(_unsplitLongestFirst, StringComparison.Ordinal);
        _markers = [definition.Special.Begin, definition.Special.End];
    }

    /// <summary>OpenAI's vocabulary of 49,408 tokens, for checkpoints that come without one.</summary>
    public static ClipTokenizer Default => LazyDefault.Value;

    /// <summary>The number of tokens: the rows that the text encoder's token embedding must have.</summary>
    public int VocabularySize => _definition.Vocabulary.Count;

    /// <summary>The id that every encoded text begins with.</summary>
    public int BeginId => IdOf(_definition.Special.Begin);

    /// <summary>The id that ends every encoded text.</summary>
    public int EndId => IdOf(_definition.Special.End);

    /// <summary>The id that fills an encoded text up.</summary>
    public int PadId => IdOf(_definition.Special.Pad);

    /// <summary>Reads a tokenizer folder of a model, e.g. <c>tokenizer/</c> beside <c>unet/</c>.</summary>
    /// <param name="folder">
    /// Holds <c>vocab.json</c> and <c>merges.txt</c>, or <c>tokenizer.json</c>; optionally
    /// <c>special_tokens_map.json</c>, <c>tokenizer_config.json</c>, <c>added_tokens.json</c>.
    /// </param>
    /// <exception cref="TokenizerFormatException">A file is missing, malformed, too large, or contradicts another.</exception>
    public static ClipTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Stream? Open(string name)
        {
            var path = Path.Combine(folder, name);
            return File.Exists(path) ? File.OpenRead(path) : null;
        }
        return new ClipTokenizer(new TokenizerFiles(Open, folder).Read());
    }

    /// <summary>Encodes a text for the text encoder.</summary>
    /// <param name="text">Anything, also the empty string (the null condition) and malformed UTF-16.</param>
    /// <param name="length">How many ids the text encoder takes, at least 2; CLIP-L takes 77.</param>
    /// <exception cref="ArgumentException">The text is longer than <see cref="MaxTextLength"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is below 2.</exception>
    public TokenizedText Encode(string text, int length = 77)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        if (text.Length > MaxTextLength)
        {
            throw new ArgumentException($"text: {text.Length} characters, allowed: {MaxTextLength}", nameof(text));
        }
        var pieces = new List<long>();
        AddText(text, pieces);
        var ids = new long[length];
        ids.AsSpan().Fill(PadId);
        ids[0] = BeginId;
        var kept = Math.Min(pieces.Count, length - 2);
        pieces.CopyTo(0, ids, 1, kept);
        ids[kept + 1] = EndId;
        return new TokenizedText(ids, pieces.Count + 2);
    }

    private void AddText(string text, List<long> ids)
    {
        var start = 0;
        while (start < text.Length)
        {
            var found = text.AsSpan(start).IndexOfAny(_unsplit);
            var end = found < 0 ? text.Length : start + found;
            AddWords(text[start..end], ids);
            start = end;
            if (found >= 0)
            {
                var token = _unsplitLongestFirst.First(token => IsAt(text, start, token));
                ids.Add(IdOf(token));
                start += token.Length;
            }
        }
    }

    private void AddWords(string text, List<long> ids)
    {
        foreach (var word in WordSplitter.Split(TextCleaner.Clean(text), _markers))
        {
            var marker = _markers.FirstOrDefault(marker => word.Equals(marker, StringComparison.OrdinalIgnoreCase));
            if (marker is not null)
            {
                ids.Add(IdOf(marker));
            }
            else
            {
                _merges.Encode(Encoding.UTF8.GetBytes(word), ids);
            }
        }
    }

    private static bool IsAt(string text, int start, string token) =>
        text.AsSpan(start).StartsWith(token, StringComparison.Ordinal);

    private int IdOf(string token) => _definition.Vocabulary[token];
}
