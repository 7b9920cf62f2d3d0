using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Running;

public sealed class TextCacheTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string Cache => $"data.cache={_temp.Of("cache").Replace('\\', '/')}";

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void CachedTexts_TrainAsTheEncodedOnes()
    {
        // One wording a pair: the data set has two, and both runs see the first.
        TinyRun.Train(TinyRun.Task(4, Cache), _temp.Of("encoded"), OneWording);
        TinyRun.Train(TinyRun.Task(4, Cache, "data.cache_wordings=1"), _temp.Of("cached"), OneWording);

        double[] encoded = Losses("encoded");
        double[] cached = Losses("cached");
        Assert.All(encoded.Zip(cached), losses => Assert.Equal(losses.First, losses.Second, 2e-3)); // fp16 states
        Assert.NotEqual(encoded, cached);
    }

    [Fact]
    public void TextsOfAnotherRun_AreNotReadAgain()
    {
        TinyRun.Train(TinyRun.Task(3, Cache, "data.cache_wordings=2"), _temp.Of("first"));
        DateTime written = File.GetLastWriteTimeUtc(
            Directory.GetFiles(_temp.Of("cache"), "records-*", SearchOption.AllDirectories).Max()!
        );
        TinyRun.Train(TinyRun.Task(3, Cache, "data.cache_wordings=2"), _temp.Of("second"));

        Assert.Equal(
            written,
            File.GetLastWriteTimeUtc(
                Directory.GetFiles(_temp.Of("cache"), "records-*", SearchOption.AllDirectories).Max()!
            )
        );
        Assert.Equal(TinyRun.Hashes(_temp.Of("first"), 3), TinyRun.Hashes(_temp.Of("second"), 3));
    }

    [Fact]
    public void ADamagedFile_IsNamed()
    {
        TinyRun.Train(TinyRun.Task(2, Cache), _temp.Of("first"));
        string file = Directory.GetFiles(_temp.Of("cache"), "records-*", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^3] ^= 1;
        File.WriteAllBytes(file, bytes);

        DatasetException damaged = Assert.Throws<DatasetException>(() =>
            TinyRun.Train(TinyRun.Task(2, Cache), _temp.Of("second"))
        );

        Assert.Contains(Path.GetFileName(file), damaged.Message, StringComparison.Ordinal);
        Assert.Contains("checksum", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LatentsMadeFromSomethingElse_AreRefused()
    {
        TinyRun.Train(TinyRun.Task(2, Cache), _temp.Of("first"));
        string folder = Directory.GetDirectories(_temp.Of("cache")).Single();
        string other = Path.Combine(Path.GetDirectoryName(folder)!, "squares-another-set-");
        Directory.Move(folder, other);

        DatasetException refused = Assert.Throws<DatasetException>(() =>
            TinyRun.Train(
                TinyRun.Task(2, Cache),
                _temp.Of("second"),
                resolution => new SquaresDataset(resolution) { Fingerprint = "another-set-of-squares" }
            )
        );

        Assert.Contains("made from data set squares-fingerprint-1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextsOfATrainedEncoder_AreNotCached()
    {
        RecipeException refused = Assert.Throws<RecipeException>(() =>
            TinyRun.Task(2, Cache, "data.cache_wordings=1", "model.train_text_encoder=true")
        );

        Assert.Contains("data.cache_wordings", refused.Message, StringComparison.Ordinal);
    }

    private static IEditDataset OneWording(int resolution) => new SquaresDataset(resolution) { HasOneWording = true };

    private double[] Losses(string run) =>
        [.. StepLog.Read(new RunFolder(_temp.Of(run)).Steps).Select(record => record.Loss)];
}
