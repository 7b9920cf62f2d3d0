using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Training.Tokenization;

/// <summary>
/// Learns a byte-pair vocabulary from texts and writes it as the files of a CLIP tokenizer, which <see cref="ClipTokenizer.Load"/>
/// reads: 256 byte symbols, the same at the end of a word, one token a merge, and the two special tokens (Sennrich et al. 2016, with
/// CLIP's byte alphabet and word splitting).
/// </summary>
public static class BytePairTraining
{
    private const string Begin = "<|startoftext|>";
    private const string End = "<|endoftext|>";

    /// <summary>Tokens that every vocabulary has: the byte symbols in both forms and the special tokens.</summary>
    public const int SmallestVocabulary = 2 * 256 + 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Learns and writes a vocabulary. The same texts give the same files, in whatever order they come.</summary>
    /// <param name="texts">The corpus; each text is split into words as the tokenizer splits it.</param>
    /// <param name="vocabularySize">
    /// The most tokens, at least <see cref="SmallestVocabulary"/>; fewer come out when every word that occurs twice is one token already.
    /// </param>
    /// <param name="outFolder">Made when missing; its tokenizer files are replaced.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The size is too small.</exception>
    public static int Train(IEnumerable<string> texts, int vocabularySize, string outFolder)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentException.ThrowIfNullOrEmpty(outFolder);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SmallestVocabulary);
        List<(string Left, string Right)> merges = BytePairLearner.Learn(
            CountWords(texts),
            vocabularySize - SmallestVocabulary
        );
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string ending in (string[])["", BytePairMerges.EndOfWord])
        {
            for (int value = 0; value < 256; value++)
            {
                vocabulary.Add($"{ByteAlphabet.CharacterOf((byte)value)}{ending}", vocabulary.Count);
            }
        }
        foreach ((string left, string right) in merges)
        {
            vocabulary.TryAdd(left + right, vocabulary.Count);
        }
        vocabulary.Add(Begin, vocabulary.Count);
        vocabulary.Add(End, vocabulary.Count);
        Directory.CreateDirectory(outFolder);
        Write(outFolder, "vocab.json", JsonSerializer.Serialize(vocabulary, Json));
        Write(
            outFolder,
            "merges.txt",
            "#version: 0.2\n" + string.Concat(merges.Select(merge => $"{merge.Left} {merge.Right}\n"))
        );
        var special = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["bos_token"] = Begin,
            ["eos_token"] = End,
            ["pad_token"] = End,
            ["unk_token"] = End,
        };
        Write(outFolder, "special_tokens_map.json", JsonSerializer.Serialize(special, Json));
        var config = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["tokenizer_class"] = "CLIPTokenizer",
            ["do_lower_case"] = true,
            ["model_max_length"] = 77,
        };
        foreach ((string name, string token) in special)
        {
            config[name] = token;
        }
        Write(outFolder, "tokenizer_config.json", JsonSerializer.Serialize(config, Json));
        return vocabulary.Count;
    }

    private static SortedDictionary<string, long> CountWords(IEnumerable<string> texts)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            foreach (string word in WordSplitter.Split(TextCleaner.Clean(text), []))
            {
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
        }
        return counts;
    }

    private static void Write(string folder, string name, string text) =>
        File.WriteAllText(
            Path.Combine(folder, name),
            text.EndsWith('\n') ? text : text + "\n",
            new UTF8Encoding(false)
        );
}
