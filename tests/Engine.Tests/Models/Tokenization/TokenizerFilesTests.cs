using System.Text;
using InstructDiffusion.Engine.Models.Tokenization;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization;

public sealed class TokenizerFilesTests
{
    private const string Vocabulary = """{"a":0,"b</w>":1,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}""";
    private const string Merges = "#version: 0.2\na b</w>\n";

    [Fact]
    public void Read_VocabularyAndMergesAlone_TakesClipsOwnSpecialTokens()
    {
        var definition = Read(("vocab.json", Vocabulary), ("merges.txt", Merges));

        Assert.Equal(5, definition.Vocabulary.Count);
        Assert.Equal([("a", "b</w>")], definition.Merges);
        Assert.Equal(
            new SpecialTokens("<|startoftext|>", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
            definition.Special
        );
    }

    [Theory]
    [InlineData("a b</w>\n", 1)]
    [InlineData("#version: 0.2\r\na b</w>\r\nb a\r\n\r\n", 2)]
    public void Read_MergesInTheirVariants_AreAllTaken(string merges, int count) =>
        Assert.Equal(count, Read(("vocab.json", Vocabulary), ("merges.txt", merges)).Merges.Count);

    [Fact]
    public void Read_SpecialTokensMap_OverridesTheConfig()
    {
        var definition = Read(
            ("vocab.json", Vocabulary),
            ("merges.txt", Merges),
            ("tokenizer_config.json", """{"bos_token":{"content":"a"},"pad_token":"b</w>","add_bos_token":true}"""),
            ("special_tokens_map.json", """{"pad_token":"a","unk_token":{"content":"ab</w>"}}""")
        );

        Assert.Equal(new SpecialTokens("a", "<|endoftext|>", "a", "ab</w>"), definition.Special);
        Assert.Contains("a", definition.Unsplit);
    }

    [Fact]
    public void Read_AddedTokens_ExtendTheVocabularyAndAreNotSplit()
    {
        var definition = Read(
            ("vocab.json", Vocabulary),
            ("merges.txt", Merges),
            ("added_tokens.json", """{"<cat-toy>":5}"""),
            ("tokenizer_config.json", """{"added_tokens_decoder":{"6":{"content":"<new>","special":false}}}""")
        );

        Assert.Equal((5, 6), (definition.Vocabulary["<cat-toy>"], definition.Vocabulary["<new>"]));
        Assert.Superset(new HashSet<string> { "<cat-toy>", "<new>" }, definition.Unsplit.ToHashSet());
    }

    [Theory]
    [InlineData("""["a b</w>"]""")]
    [InlineData("""[["a","b</w>"]]""")]
    public void Read_CombinedFile_GivesTheSame(string merges)
    {
        var model = $$"""{"type":"BPE","end_of_word_suffix":"</w>","vocab":{{Vocabulary}},"merges":{{merges}}}""";
        var added = """[{"id":4,"content":"<|endoftext|>","special":true}]""";

        var definition = Read(("tokenizer.json", $$"""{"model":{{model}},"added_tokens":{{added}}}"""));

        Assert.Equal([("a", "b</w>")], definition.Merges);
        Assert.Equal(5, definition.Vocabulary.Count);
    }

    [Theory]
    [InlineData("", "vocab.json")]
    [InlineData("{", "vocab.json")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("""{"a":"x"}""", "vocab.json")]
    [InlineData("""{"a":99999999999}""", "vocab.json")]
    [InlineData("""{"a":0,"a":0}""", "vocab.json")]
    [InlineData("""{"a":0,"b":0}""", "both have id 0")]
    [InlineData("""{"a":0,"b":7}""", "'b' has id 7")]
    [InlineData("""{"a":-1}""", "'a' has id -1")]
    [InlineData("""{"":0}""", "0 characters")]
    [InlineData("""{"\ud800":0}""", "vocab.json")]
    [InlineData("""{"a":0}""", "bos_token '<|startoftext|>' is not in the vocabulary|eos_token '<|endoftext|>'")]
    public void Read_BadVocabulary_SaysWhatIsWrong(string vocabulary, string message)
    {
        var error = Assert.Throws<TokenizerFormatException>(() =>
            Read(("vocab.json", vocabulary), ("merges.txt", Merges))
        );

        Assert.Contains(message.Split('|')[^1], error.Message, StringComparison.Ordinal);
        Assert.StartsWith("folder", error.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\n", "line 1")]
    [InlineData("#version: 0.2\na b c\n", "line 2")]
    [InlineData("a \n", "line 1")]
    [InlineData(" a\n", "line 1")]
    public void Read_BadMerges_NameTheLine(string merges, string place)
    {
        var error = Assert.Throws<TokenizerFormatException>(() =>
            Read(("vocab.json", Vocabulary), ("merges.txt", merges))
        );

        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFiles_NamesThem()
    {
        Assert.Contains(
            "vocab.json",
            Assert.Throws<TokenizerFormatException>(() => Read()).Message,
            StringComparison.Ordinal
        );
        var error = Assert.Throws<TokenizerFormatException>(() => Read(("vocab.json", Vocabulary)));
        Assert.Contains("merges.txt", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"model":{"vocab":{},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{},"end_of_word_suffix":"</w>"}}""")]
    [InlineData("""{"model":{"vocab":{},"end_of_word_suffix":"</w>","merges":[["a"]]}}""")]
    [InlineData("""{"model":{"vocab":{},"end_of_word_suffix":"</w>","merges":[3]}}""")]
    [InlineData("""{"model":[]}""")]
    [InlineData("""{"model":{"vocab":{},"end_of_word_suffix":"</w>","merges":[]},"added_tokens":[{"content":"x"}]}""")]
    public void Read_BadCombinedFile_IsAFormatError(string file)
    {
        var error = Assert.Throws<TokenizerFormatException>(() => Read(("tokenizer.json", file)));

        Assert.EndsWith("tokenizer.json", error.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"additional_special_tokens":["nowhere"]}""")]
    [InlineData("""{"pad_token":{"id":3}}""")]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"y"}}}""")]
    [InlineData("""{"added_tokens_decoder":{"99999999999":{"content":"y"}}}""")]
    [InlineData("""{"added_tokens_decoder":{"5":3}}""")]
    public void Read_BadConfig_IsAFormatError(string config) =>
        Assert.Throws<TokenizerFormatException>(() =>
            Read(("vocab.json", Vocabulary), ("merges.txt", Merges), ("tokenizer_config.json", config))
        );

    [Fact]
    public void Read_EndlessFile_StopsAtTheLimit()
    {
        var error = Assert.Throws<TokenizerFormatException>(() =>
            new TokenizerFiles(_ => new EndlessStream(), "folder").Read()
        );

        Assert.Contains("larger than 64 MiB", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever happens to the bytes of the files: a tokenizer or a clear error, nothing else.</summary>
    [Fact]
    public void Read_MutatedFiles_GivesATokenizerOrAFormatError()
    {
        var random = new Random(3);
        var failures = 0;
        for (var round = 0; round < 500; round++)
        {
            var files = new[]
            {
                "vocab.json",
                "merges.txt",
                "special_tokens_map.json",
                "tokenizer_config.json",
            }.ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(TokenizerCases.TinyVocabulary, name)));
            foreach (var bytes in files.Values)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            try
            {
                new TokenizerFiles(name => Open(files, name), "folder").Read();
            }
            catch (TokenizerFormatException)
            {
                failures++;
            }
        }
        Assert.InRange(failures, 1, 499);
    }

    private static MemoryStream? Open(Dictionary<string, byte[]> files, string name) =>
        files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes) : null;

    private static TokenizerDefinition Read(params (string Name, string Content)[] files)
    {
        var contents = files.ToDictionary(file => file.Name, file => Encoding.UTF8.GetBytes(file.Content));
        return new TokenizerFiles(name => Open(contents, name), "folder").Read();
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)' ');
            return buffer.Length;
        }
    }
}
