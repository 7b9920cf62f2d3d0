using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

/// <summary>What a pair shows is what its truth says, pixel by pixel.</summary>
public sealed class DemoTruthTests : IDisposable
{
    private const int Side = 48;
    private const int Pairs = 16;

    private readonly DemoSources _sources = new();
    private readonly DemoFolder _folder;
    private readonly SceneRenderer _renderer;

    public DemoTruthTests()
    {
        _folder = _sources.Open();
        _renderer = new SceneRenderer(_folder, Side);
    }

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Segmentation_MixesTheColourIntoTheMaskAndNothingElse()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Segmentation).Where(truth => truth.Mask is not null))
        {
            Assert.Contains(true, truth.Mask!);
            for (int i = 0; i < Side * Side; i++)
            {
                ReadOnlySpan<byte> source = truth.Source.Pixels.Slice(i * 3, 3);
                byte[] expected = truth.Mask![i]
                    ?
                    [
                        Mean(source[0], truth.Color!.Red),
                        Mean(source[1], truth.Color.Green),
                        Mean(source[2], truth.Color.Blue),
                    ]
                    : source.ToArray();
                Assert.True(truth.Target.Pixels.Slice(i * 3, 3).SequenceEqual(expected), $"pixel {i}");
            }
        }
    }

    [Fact]
    public void Segmentation_OfWhatIsNotThere_ChangesNothing()
    {
        DemoTruth[] absent = [.. Truths(DemoTask.Segmentation, 200).Where(truth => truth.Spec.Subject < 0)];

        Assert.NotEmpty(absent);
        Assert.All(absent, truth => Assert.Equal(truth.Source.Pixels, truth.Target.Pixels));
        Assert.All(
            absent,
            truth => Assert.DoesNotContain(truth.Spec.Absent, truth.Spec.Objects.Select(placed => placed.Noun))
        );
    }

    [Fact]
    public void Keypoints_AreDiscsAtTheirPart()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Keypoints))
        {
            (int x, int y, int radius) = (truth.KeypointX!.Value, truth.KeypointY!.Value, truth.KeypointRadius);
            for (int i = 0; i < Side * Side; i++)
            {
                int square = (i % Side - x) * (i % Side - x) + (i / Side - y) * (i / Side - y);
                byte[] expected =
                    square <= radius * radius + 1
                        ? [truth.Color!.Red, truth.Color.Green, truth.Color.Blue]
                        : truth.Source.Pixels.Slice(i * 3, 3).ToArray();
                Assert.True(truth.Target.Pixels.Slice(i * 3, 3).SequenceEqual(expected), $"pixel {i}");
            }
            SceneObject subject = truth.Spec.Objects[truth.Spec.Subject];
            (double width, double height) = subject.Extent;
            Assert.InRange(x, (subject.CenterX - width / 2) * Side - 2, (subject.CenterX + width / 2) * Side + 2);
            Assert.InRange(y, (subject.CenterY - height / 2) * Side - 2, (subject.CenterY + height / 2) * Side + 2);
        }
    }

    [Fact]
    public void Removal_ShowsTheSceneWithoutTheObject()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Removal))
        {
            SceneSpec without = truth.Spec with
            {
                Objects = [.. truth.Spec.Objects.Where((_, i) => i != truth.Spec.Subject)],
            };

            Assert.Equal(_renderer.RenderClean(without).Pixels, truth.Target.Pixels);
            Assert.Equal(_renderer.RenderClean(truth.Spec).Pixels, truth.Source.Pixels);
        }
    }

    [Fact]
    public void Addition_ShowsTheSceneWithTheObjectInItsPlace()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Addition))
        {
            SceneObject inserted = truth.Spec.Inserted!;
            SceneSpec with = truth.Spec with { Objects = [.. truth.Spec.Objects, inserted] };

            Assert.Equal(_renderer.RenderClean(with).Pixels, truth.Target.Pixels);
            Assert.Equal((int)truth.Spec.Place, (int)(inserted.CenterY * 3) * 3 + (int)(inserted.CenterX * 3));
            Assert.All(truth.Spec.Objects, placed => Assert.Equal(0, placed.OverlapWith(inserted)));
        }
    }

    [Fact]
    public void Replacement_PutsTheNewObjectWhereTheOldOneWas()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Replacement))
        {
            SceneObject old = truth.Spec.Objects[truth.Spec.Subject];
            SceneObject inserted = truth.Spec.Inserted!;
            SceneSpec replaced = truth.Spec with
            {
                Objects = [.. truth.Spec.Objects.Select(placed => placed == old ? inserted : placed)],
            };

            Assert.Equal(_renderer.RenderClean(replaced).Pixels, truth.Target.Pixels);
            Assert.Equal((old.CenterX, old.CenterY, old.Size), (inserted.CenterX, inserted.CenterY, inserted.Size));
            Assert.NotEqual(old.Noun, inserted.Noun);
        }
    }

    [Fact]
    public void Recolouring_ChangesOnlyTheObject()
    {
        foreach (DemoTruth truth in Truths(DemoTask.Recolouring))
        {
            Assert.Contains(true, truth.Region);
            for (int i = 0; i < Side * Side; i++)
            {
                Assert.False(truth.Region[i] && truth.Alpha![i] <= 0);
            }
            Assert.NotEqual(truth.Spec.Objects[truth.Spec.Subject].Glyph.Color, truth.Color!.Name);
        }
    }

    [Theory]
    [InlineData(DemoTask.Denoise)]
    [InlineData(DemoTask.Deblur)]
    [InlineData(DemoTask.Watermark)]
    public void Restoration_AsksForTheCleanScene(string task)
    {
        foreach (DemoTruth truth in Truths(task))
        {
            Assert.Equal(_renderer.RenderClean(truth.Spec).Pixels, truth.Target.Pixels);
            Assert.False(truth.Source.Pixels.SequenceEqual(truth.Target.Pixels));
            Assert.DoesNotContain(false, truth.Region);
        }
    }

    [Fact]
    public void Alpha_OfACoveredObject_IsWhatIsSeenOfIt()
    {
        DemoNoun disc = _folder.Nouns[0];
        var back = new SceneObject(disc, disc.Glyphs[0], 0.5, 0.5, 0.5);
        SceneSpec spec = new()
        {
            Task = DemoTask.Segmentation,
            Background = new PhotographCrop(_folder.Photographs[0], 0, 0, 384, false, 0, 1),
            Objects = [back, back with { Glyph = disc.Glyphs[1] }],
            Subject = 0,
            Color = NamedColor.Segmentation[0],
        };

        DemoTruth truth = _renderer.Render(spec);

        Assert.DoesNotContain(true, truth.Mask!);
        Assert.Equal(truth.Source.Pixels, truth.Target.Pixels);
    }

    private static byte Mean(byte pixel, byte color) => (byte)(pixel * 0.5f + color * 0.5f + 0.5f);

    private IEnumerable<DemoTruth> Truths(string task, int count = Pairs)
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal) { [task] = 1 };
        var set = new DemoDataset(_folder, DemoSplit.Train, Side, seed: 3, count, weights);
        return Enumerable.Range(0, count).Select(i => set.Truth(i));
    }
}
