namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>
/// The merge rules of a byte-pair vocabulary. A word starts as its bytes, the last one marked as the word's end, and
/// the pair of neighbours with the lowest rank is merged, everywhere in the word, until no pair has a rule
/// (transformers <c>CLIPTokenizer.bpe</c>). Immutable, so any number of threads may use it.
/// </summary>
internal sealed class BytePairMerges
{
    /// <summary>What a piece that ends a word carries at its end in the vocabulary's files.</summary>
    public const string EndOfWord = "</w>";

    private const int EndOfWordSymbols = 256;

    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _rules = [];
    private readonly int[] _tokenIds;

    /// <summary>Takes the rules over from the files.</summary>
    /// <param name="merges">Pairs of pieces, the most eager first; a pair that is given twice has its later rank.</param>
    /// <param name="vocabulary">Pieces and their ids.</param>
    /// <param name="unknownId">The id of a piece that is not in the vocabulary.</param>
    public BytePairMerges(
        IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyDictionary<string, int> vocabulary,
        int unknownId
    )
    {
        // Symbols 0-255 are the bytes, 256-511 the bytes that end a word, then every piece that a rule names.
        var pieces = new List<string>(2 * EndOfWordSymbols + merges.Count);
        for (var value = 0; value < 2 * EndOfWordSymbols; value++)
        {
            var character = ByteAlphabet.CharacterOf((byte)value);
            pieces.Add(value < EndOfWordSymbols ? $"{character}" : $"{character}{EndOfWord}");
        }
        var symbols = new Dictionary<string, int>(pieces.Count + merges.Count);
        for (var symbol = 0; symbol < pieces.Count; symbol++)
        {
            symbols.Add(pieces[symbol], symbol);
        }

        int SymbolOf(string piece)
        {
            if (!symbols.TryGetValue(piece, out var symbol))
            {
                symbol = pieces.Count;
                symbols.Add(piece, symbol);
                pieces.Add(piece);
            }
            return symbol;
        }

        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _rules[(SymbolOf(left), SymbolOf(right))] = (rank, SymbolOf(left + right));
        }
        _tokenIds = [.. pieces.Select(piece => vocabulary.GetValueOrDefault(piece, unknownId))];
    }

    /// <summary>Appends the ids of one word's pieces. Takes n log n time for n bytes.</summary>
    /// <param name="utf8">The word's bytes; may be empty.</param>
    /// <param name="ids">Where the ids go.</param>
    public void Encode(ReadOnlySpan<byte> utf8, List<long> ids)
    {
        if (utf8.IsEmpty)
        {
            return;
        }
        var word = new Word(utf8);
        var queue = new PriorityQueue<int, long>();
        var found = new List<int>();
        for (var position = 0; position < utf8.Length - 1; position++)
        {
            Enqueue(queue, word, position);
        }
        while (queue.TryDequeue(out var position, out var priority))
        {
            if (RankAt(word, position) == RankOf(priority))
            {
                word.Merge(position, _rules[word.PairAt(position)].Merged);
                found.Add(position);
            }
            // Pairs that this rank's merges brought about wait until the rank is done with the whole word.
            if (!queue.TryPeek(out _, out var next) || RankOf(next) != RankOf(priority))
            {
                foreach (var merged in found)
                {
                    Enqueue(queue, word, merged);
                    Enqueue(queue, word, word.Previous(merged));
                }
                found.Clear();
            }
        }
        for (var position = 0; position < utf8.Length; position = word.Next(position))
        {
            ids.Add(_tokenIds[word.SymbolAt(position)]);
        }
    }

    /// <summary>Queues the pair that starts at a position, by its rank, then from left to right.</summary>
    private void Enqueue(PriorityQueue<int, long> queue, Word word, int position)
    {
        var rank = RankAt(word, position);
        if (rank >= 0)
        {
            queue.Enqueue(position, ((long)rank << 32) | (uint)position);
        }
    }

    private static int RankOf(long priority) => (int)(priority >> 32);

    /// <summary>The rank of the pair that starts at a position; -1 when no rule has it or the position was merged away.</summary>
    private int RankAt(Word word, int position) =>
        position >= 0 && _rules.TryGetValue(word.PairAt(position), out var rule) ? rule.Rank : -1;

    /// <summary>A word's symbols as a linked list over its bytes' positions.</summary>
    private readonly struct Word
    {
        private const int None = -1;

        private readonly int[] _symbols;
        private readonly int[] _next;
        private readonly int[] _previous;

        public Word(ReadOnlySpan<byte> utf8)
        {
            _symbols = new int[utf8.Length];
            _next = new int[utf8.Length];
            _previous = new int[utf8.Length];
            for (var position = 0; position < utf8.Length; position++)
            {
                _symbols[position] = utf8[position];
                _next[position] = position + 1;
                _previous[position] = position - 1;
            }
            _symbols[^1] += EndOfWordSymbols;
        }

        public int SymbolAt(int position) => _symbols[position];

        public int Next(int position) => _next[position];

        public int Previous(int position) => _previous[position];

        public (int Left, int Right) PairAt(int position) =>
            (_symbols[position], _next[position] < _symbols.Length ? _symbols[_next[position]] : None);

        /// <summary>Puts one symbol in the place of the pair that starts at a position.</summary>
        public void Merge(int position, int symbol)
        {
            var gone = _next[position];
            _symbols[position] = symbol;
            _symbols[gone] = None;
            _next[position] = _next[gone];
            if (_next[gone] < _symbols.Length)
            {
                _previous[_next[gone]] = position;
            }
        }
    }
}
