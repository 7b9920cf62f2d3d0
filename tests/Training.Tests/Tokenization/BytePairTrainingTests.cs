using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Tokenization;

namespace InstructDiffusion.Training.Tests.Tokenization;

public sealed class BytePairTrainingTests : IDisposable
{
    private static readonly string[] Corpus =
    [
        "mark the cat in blue",
        "mark the dog in red",
        "remove the cat",
        "remove the dog, please",
        "Mark the cat's tail in red",
        "a café in blue",
        "a café in red",
    ];

    private readonly TempFolder _temporary = new();

    private string Folder => _temporary.Path;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Train_GivesWordsThatComeTwiceOneToken()
    {
        int size = BytePairTraining.Train(Corpus, 1000, Folder);

        ClipTokenizer tokenizer = ClipTokenizer.Load(Folder);
        Assert.Equal(size, tokenizer.VocabularySize);
        foreach (string word in (string[])["mark", "the", "cat", "dog", "blue", "red", "remove", "in", "café", "MARK"])
        {
            Assert.Equal(3, LengthOf(tokenizer, word));
        }
    }

    [Fact]
    public void Train_LeavesUnknownWordsInPieces()
    {
        BytePairTraining.Train(Corpus, 1000, Folder);

        ClipTokenizer tokenizer = ClipTokenizer.Load(Folder);
        Assert.InRange(LengthOf(tokenizer, "zebra"), 4, 7);
        Assert.Equal(2 + 4, LengthOf(tokenizer, "🙂"));
    }

    [Fact]
    public void Train_GivesTheSameFilesInWhateverOrderTheTextsCome()
    {
        string other = Path.Combine(Folder, "other");

        BytePairTraining.Train(Corpus, 600, Folder);
        BytePairTraining.Train(Corpus.Reverse(), 600, other);

        foreach (string file in Directory.GetFiles(other))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(Folder, Path.GetFileName(file))));
        }
    }

    [Theory]
    [InlineData(BytePairTraining.SmallestVocabulary)]
    [InlineData(BytePairTraining.SmallestVocabulary + 5)]
    public void Train_StopsAtTheSize(int size)
    {
        Assert.Equal(size, BytePairTraining.Train(Corpus, size, Folder));
        Assert.Equal(size, ClipTokenizer.Load(Folder).VocabularySize);
    }

    [Fact]
    public void Train_BelowTheByteSymbols_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            BytePairTraining.Train(Corpus, BytePairTraining.SmallestVocabulary - 1, Folder)
        );
    }

    private static int LengthOf(ClipTokenizer tokenizer, string text) => tokenizer.Encode(text).TokenCount;
}
