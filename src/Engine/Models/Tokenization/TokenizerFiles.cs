using System.Text.Json;

namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>
/// Reads a tokenizer from the files that model folders have: <c>vocab.json</c> with <c>merges.txt</c>, or else
/// <c>tokenizer.json</c>; and the special tokens from <c>special_tokens_map.json</c>, <c>tokenizer_config.json</c> and
/// <c>added_tokens.json</c> where present (transformers 4.33 <c>PreTrainedTokenizerBase.from_pretrained</c>).
/// </summary>
/// <param name="open">Opens a file by its bare name, or gives null when there is none.</param>
/// <param name="origin">Where the files are, for messages.</param>
internal sealed class TokenizerFiles(Func<string, Stream?> open, string origin)
{
    private const int MaxFileBytes = 64 << 20;
    private const int MaxTokens = 1_000_000;
    private const int MaxPieceLength = 1024;
    private const string DefaultBegin = "<|startoftext|>";
    private const string DefaultEnd = "<|endoftext|>";

    private readonly Dictionary<string, int> _vocabulary = [];
    private readonly List<(string Left, string Right)> _merges = [];
    private readonly HashSet<string> _unsplit = [];
    private readonly Dictionary<string, string> _special = [];

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="TokenizerFormatException">A file is missing, malformed, too large, or contradicts another.</exception>
    public TokenizerDefinition Read()
    {
        if (!ReadJson("vocab.json", root => AddPieces("vocab.json", root)))
        {
            if (!ReadJson("tokenizer.json", ReadCombined))
            {
                throw Malformed("vocab.json", "not found, and neither is tokenizer.json");
            }
        }
        else
        {
            ReadMerges();
        }
        ReadJson("added_tokens.json", root => AddPieces("added_tokens.json", root, unsplit: true));
        ReadJson("tokenizer_config.json", ReadConfig);
        ReadJson("special_tokens_map.json", ReadSpecialTokens);
        CheckIds();
        var end = Special("eos_token", DefaultEnd);
        var special = new SpecialTokens(
            Special("bos_token", DefaultBegin),
            end,
            Special("pad_token", end),
            Special("unk_token", end)
        );
        return new TokenizerDefinition(_vocabulary, _merges, special, _unsplit);
    }

    private bool ReadJson(string name, Action<JsonElement> read)
    {
        if (ReadFile(name) is not { } bytes)
        {
            return false;
        }
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(bytes, options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(name, $"expected a JSON object, got {document.RootElement.ValueKind}");
            }
            read(document.RootElement);
            return true;
        }
        // InvalidOperationException: text that is not Unicode, or a value of another kind than the one asked for.
        catch (Exception error)
            when (error is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new TokenizerFormatException(PathOf(name), error.Message, error);
        }
    }

    private byte[]? ReadFile(string name)
    {
        using var stream = open(name);
        if (stream is null)
        {
            return null;
        }
        // A device or a pipe has no length to be asked for, so count what comes.
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaxFileBytes)
            {
                throw Malformed(name, $"larger than {MaxFileBytes >> 20} MiB");
            }
        }
        return bytes.ToArray();
    }

    private void AddPieces(string file, JsonElement pieces, bool unsplit = false)
    {
        foreach (var piece in pieces.EnumerateObject())
        {
            AddPiece(file, piece.Name, piece.Value.GetInt32());
            if (unsplit)
            {
                _unsplit.Add(piece.Name);
            }
        }
    }

    private void AddPiece(string file, string piece, int id)
    {
        if (piece.Length is 0 or > MaxPieceLength)
        {
            throw Malformed(file, $"the piece with id {id} has {piece.Length} characters, allowed: 1-{MaxPieceLength}");
        }
        if (_vocabulary.TryGetValue(piece, out var other) && other != id)
        {
            throw Malformed(file, $"'{piece}' has id {id} here and id {other} elsewhere");
        }
        _vocabulary[piece] = id;
        if (_vocabulary.Count > MaxTokens)
        {
            throw Malformed(file, $"more than {MaxTokens} tokens");
        }
    }

    private void ReadMerges()
    {
        const string Name = "merges.txt";
        var bytes = ReadFile(Name) ?? throw Malformed(Name, "not found, but vocab.json needs it");
        using var reader = new StreamReader(new MemoryStream(bytes));
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            var isHeader = number == 1 && line.Contains("#version", StringComparison.Ordinal);
            if (!isHeader && line.Length > 0)
            {
                AddMerge(Name, $"line {number}", line);
            }
        }
    }

    private void AddMerge(string file, string place, string rule)
    {
        var space = rule.IndexOf(' ', StringComparison.Ordinal);
        AddMerge(file, place, space < 0 ? rule : rule[..space], space < 0 ? "" : rule[(space + 1)..]);
    }

    private void AddMerge(string file, string place, string left, string right)
    {
        if (left.Length is 0 or > MaxPieceLength || right.Length is 0 or > MaxPieceLength || right.Contains(' '))
        {
            throw Malformed(
                file,
                $"{place}: expected two pieces of 1-{MaxPieceLength} characters with a space between"
            );
        }
        _merges.Add((left, right));
        if (_merges.Count > MaxTokens)
        {
            throw Malformed(file, $"more than {MaxTokens} merges");
        }
    }

    /// <summary>tokenizer.json holds vocabulary, merges and added tokens in one file.</summary>
    private void ReadCombined(JsonElement root)
    {
        const string Name = "tokenizer.json";
        if (!root.TryGetProperty("model", out var model) || !model.TryGetProperty("vocab", out var pieces))
        {
            throw Malformed(Name, "no model with a vocab in it");
        }
        if (
            !model.TryGetProperty("end_of_word_suffix", out var suffix) || !suffix.ValueEquals(BytePairMerges.EndOfWord)
        )
        {
            throw Malformed(Name, $"no CLIP tokenizer: end_of_word_suffix is not '{BytePairMerges.EndOfWord}'");
        }
        AddPieces(Name, pieces);
        foreach (var (index, merge) in Property(model, "merges").EnumerateArray().Index())
        {
            if (merge.ValueKind == JsonValueKind.String)
            {
                AddMerge(Name, $"merge {index}", merge.GetString()!);
            }
            else if (merge.GetArrayLength() == 2)
            {
                AddMerge(Name, $"merge {index}", merge[0].GetString() ?? "", merge[1].GetString() ?? "");
            }
            else
            {
                throw Malformed(Name, $"merge {index}: expected two pieces, got {merge.GetArrayLength()}");
            }
        }
        if (root.TryGetProperty("added_tokens", out var added))
        {
            foreach (var token in added.EnumerateArray())
            {
                AddUnsplit(Name, token, Property(token, "id").GetInt32());
            }
        }
    }

    private void ReadConfig(JsonElement root)
    {
        if (root.TryGetProperty("added_tokens_decoder", out var added))
        {
            foreach (var token in added.EnumerateObject())
            {
                AddUnsplit("tokenizer_config.json", token.Value, int.Parse(token.Name));
            }
        }
        ReadSpecialTokens(root);
    }

    private void AddUnsplit(string file, JsonElement token, int id)
    {
        AddPiece(file, ContentOf(token), id);
        _unsplit.Add(ContentOf(token));
    }

    private void ReadSpecialTokens(JsonElement root)
    {
        foreach (var property in root.EnumerateObject())
        {
            var isToken = property.Name.EndsWith("_token", StringComparison.Ordinal);
            if (isToken && property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Object)
            {
                _special[property.Name] = ContentOf(property.Value);
            }
        }
        if (root.TryGetProperty("additional_special_tokens", out var more) && more.ValueKind == JsonValueKind.Array)
        {
            foreach (var (index, token) in more.EnumerateArray().Index())
            {
                _special[$"additional_special_tokens[{index}]"] = ContentOf(token);
            }
        }
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value : throw new JsonException($"'{name}' is missing");

    /// <summary>A token is written as a string, or as an object with its <c>content</c>.</summary>
    private static string ContentOf(JsonElement token) =>
        (token.ValueKind == JsonValueKind.String ? token : Property(token, "content")).GetString() ?? "";

    private string Special(string name, string fallback)
    {
        var token = _special.GetValueOrDefault(name, fallback);
        return _vocabulary.ContainsKey(token)
            ? token
            : throw Malformed("special_tokens_map.json", $"{name} '{token}' is not in the vocabulary");
    }

    /// <summary>Ids index the rows of an embedding, so they must be 0 … count - 1, each once.</summary>
    private void CheckIds()
    {
        var owners = new string?[_vocabulary.Count];
        foreach (var (piece, id) in _vocabulary)
        {
            if (id < 0 || id >= owners.Length)
            {
                throw Malformed(
                    "vocab.json",
                    $"'{piece}' has id {id}; {owners.Length} tokens need ids 0-{owners.Length - 1}"
                );
            }
            if (owners[id] is { } other)
            {
                throw Malformed("vocab.json", $"'{other}' and '{piece}' both have id {id}");
            }
            owners[id] = piece;
        }
        foreach (var (name, token) in _special)
        {
            Special(name, token);
            _unsplit.Add(token);
        }
    }

    private TokenizerFormatException Malformed(string file, string reason) => new(PathOf(file), reason);

    private string PathOf(string file) => Path.Combine(origin, file);
}
