using InstructDiffusion.Engine.Models.Tokenization;
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

    private readonly string _folder = Directory.CreateTempSubdirectory("bpe").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_GivesWordsThatComeTwiceOneToken()
    {
        int size = BytePairTraining.Train(Corpus, 1000, _folder);

        ClipTokenizer tokenizer = ClipTokenizer.Load(_folder);
        Assert.Equal(size, tokenizer.VocabularySize);
        foreach (string word in (string[])["mark", "the", "cat", "dog", "blue", "red", "remove", "in", "café", "MARK"])
        {
            Assert.Equal(3, LengthOf(tokenizer, word));
        }
    }

    [Fact]
    public void Train_LeavesUnknownWordsInPieces()
    {
        BytePairTraining.Train(Corpus, 1000, _folder);

        ClipTokenizer tokenizer = ClipTokenizer.Load(_folder);
        Assert.InRange(LengthOf(tokenizer, "zebra"), 4, 7);
        Assert.Equal(2 + 4, LengthOf(tokenizer, "🙂"));
    }

    [Fact]
    public void Train_GivesTheSameFilesInWhateverOrderTheTextsCome()
    {
        string other = Path.Combine(_folder, "other");

        BytePairTraining.Train(Corpus, 600, _folder);
        BytePairTraining.Train(Corpus.Reverse(), 600, other);

        foreach (string file in Directory.GetFiles(other))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, Path.GetFileName(file))));
        }
    }

    [Theory]
    [InlineData(BytePairTraining.SmallestVocabulary)]
    [InlineData(BytePairTraining.SmallestVocabulary + 5)]
    public void Train_StopsAtTheSize(int size)
    {
        Assert.Equal(size, BytePairTraining.Train(Corpus, size, _folder));
        Assert.Equal(size, ClipTokenizer.Load(_folder).VocabularySize);
    }

    [Fact]
    public void Train_BelowTheByteSymbols_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            BytePairTraining.Train(Corpus, BytePairTraining.SmallestVocabulary - 1, _folder)
        );
    }

    private static int LengthOf(ClipTokenizer tokenizer, string text) => tokenizer.Encode(text).TokenCount;
}
