using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class DemoDatasetTests : IDisposable
{
    private const int Side = 48;

    private readonly DemoSources _sources = new();
    private readonly DemoFolder _folder;

    public DemoDatasetTests() => _folder = _sources.Open();

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Read_GivesTheSamePairInAnyOrderOnAnyThread()
    {
        byte[][] straight = [.. Enumerable.Range(0, 40).Select(i => PixelsOf(Set(), i))];
        DemoDataset shared = Set();
        var parallel = new byte[40][];

        Parallel.For(0, 40, i => parallel[39 - i] = PixelsOf(shared, 39 - i));

        Assert.Equal(straight, parallel);
    }

    [Fact]
    public void Read_TakesThePhrasingForWordsAlone()
    {
        DemoDataset set = Set();
        string[] words = [.. Enumerable.Range(0, 20).Select(i => set.Read(3, Phrasing(0), Phrasing(i)).Instruction)];

        Assert.True(words.Distinct().Count() > 1);
        Assert.Equal(PixelsOf(set, 3, phrasing: 0), PixelsOf(set, 3, phrasing: 7));
    }

    [Fact]
    public void Describe_SaysWhatReadSays()
    {
        DemoDataset set = Set();
        for (int i = 0; i < 60; i++)
        {
            EditSample sample = set.Read(i, Phrasing(1), Phrasing(i));

            Assert.Equal((sample.Instruction, sample.Task), set.Describe(i, Phrasing(2), Phrasing(i)));
            Assert.DoesNotContain('{', sample.Instruction);
            Assert.DoesNotContain("  ", sample.Instruction, StringComparison.Ordinal);
            Assert.False(sample.Instruction.EndsWith(' '));
        }
    }

    [Fact]
    public void Splits_ShareNoHeldOutPictures()
    {
        foreach (DemoSplit split in Enum.GetValues<DemoSplit>())
        {
            DemoDataset set = Set(split);
            for (int i = 0; i < 100; i++)
            {
                SceneSpec spec = set.Spec(i);
                Assert.Equal(split == DemoSplit.HeldOut, spec.Background.Photograph.HeldOut);
                Assert.All(
                    spec.Objects,
                    placed =>
                    {
                        bool hasHeldOut = placed.Noun.Glyphs.Any(glyph => glyph.HeldOut);
                        Assert.Equal(split == DemoSplit.HeldOut && hasHeldOut, placed.Glyph.HeldOut);
                    }
                );
                Assert.False(spec.Inserted?.Glyph.HeldOut ?? false);
            }
        }
    }

    [Fact]
    public void Splits_ShareNoScenes()
    {
        DemoDataset train = Set();
        DemoDataset familiar = Set(DemoSplit.Familiar);

        Assert.All(Enumerable.Range(0, 20), i => Assert.NotEqual(PixelsOf(train, i), PixelsOf(familiar, i)));
    }

    [Fact]
    public void Fingerprint_ChangesWithEverythingThatMakesPixels_NotWithTheCount()
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal) { [DemoTask.Removal] = 1 };
        string[] prints =
        [
            Set().Fingerprint,
            Set(DemoSplit.Familiar).Fingerprint,
            new DemoDataset(_folder, DemoSplit.Train, Side + 1, 1, 200).Fingerprint,
            new DemoDataset(_folder, DemoSplit.Train, Side, 2, 200).Fingerprint,
            new DemoDataset(_folder, DemoSplit.Train, Side, 1, 200, weights).Fingerprint,
        ];

        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.Equal(prints[0], new DemoDataset(_folder, DemoSplit.Train, Side, 1, 300).Fingerprint);
    }

    [Fact]
    public void Weights_DecideTheTasks()
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal)
        {
            [DemoTask.Removal] = 3,
            [DemoTask.Denoise] = 1,
            [DemoTask.Deblur] = 0,
        };
        var set = new DemoDataset(_folder, DemoSplit.Train, Side, 1, 400, weights);

        string[] tasks = [.. Enumerable.Range(0, 400).Select(i => set.Spec(i).Task)];

        Assert.InRange(tasks.Count(task => task == DemoTask.Removal), 260, 340);
        Assert.DoesNotContain(DemoTask.Deblur, tasks);
    }

    [Theory]
    [InlineData("colourise", 1.0)]
    [InlineData(DemoTask.Removal, -1.0)]
    [InlineData(DemoTask.Removal, double.NaN)]
    [InlineData(DemoTask.Removal, 0.0)]
    public void Weights_OutOfRange_AreRefused(string task, double weight)
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal) { [task] = weight };

        Assert.Throws<ArgumentException>(() => new DemoDataset(_folder, DemoSplit.Train, Side, 1, 1, weights));
    }

    [Fact]
    public void Read_OfABrokenObject_SaysWhichFile()
    {
        File.WriteAllBytes(Path.Combine(_sources.Output, "objects/box.png"), [1, 2, 3]);
        DemoDataset set = Set();
        int index = Enumerable.Range(0, 200).First(i => set.Spec(i).Objects.Any(placed => placed.Noun.Noun == "box"));

        BrokenSampleException error = Assert.Throws<BrokenSampleException>(() => PixelsOf(set, index));

        Assert.Contains("box.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAPhotographOfAnotherSize_IsABrokenSample()
    {
        File.Copy(
            Path.Combine(_sources.Output, "photographs/inner.jpg"),
            Path.Combine(_sources.Output, "photographs/second.jpg"),
            overwrite: true
        );
        DemoDataset set = Set();
        int index = Enumerable.Range(0, 200).First(i => set.Spec(i).Background.Photograph.Name == "second");

        Assert.Throws<BrokenSampleException>(() => PixelsOf(set, index));
    }

    [Fact]
    public void Spec_OutsideTheSet_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Spec(200));
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Spec(-1));
    }

    private DemoDataset Set(DemoSplit split = DemoSplit.Train) => new(_folder, split, Side, seed: 1, count: 200);

    private static CounterRandom Phrasing(long index) => new(5, RandomPurpose.Phrasing, index);

    private static byte[] PixelsOf(DemoDataset set, int index, int phrasing = 0)
    {
        EditSample sample = set.Read(index, Phrasing(0), Phrasing(phrasing));
        return [.. sample.Source.Pixels, .. sample.Target.Pixels];
    }
}
