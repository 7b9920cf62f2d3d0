using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Tokenization;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class DemoVocabularyTests
{
    [Fact]
    public void Texts_TeachEveryWordOfTheData()
    {
        using var sources = new DemoSources();
        string folder = Path.Combine(sources.Root, "tokenizer");

        BytePairTraining.Train(DemoVocabulary.Texts(sources.Open(), count: 200), 2000, folder);

        ClipTokenizer tokenizer = ClipTokenizer.Load(folder);
        Assert.Equal(2 + 5, tokenizer.Encode("mark the crate in cyan").TokenCount);
        Assert.Equal(2 + 6, tokenizer.Encode("erase the owl from the image").TokenCount);
    }
}
