using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class SceneComposerTests : IDisposable
{
    private readonly DemoSources _sources = new();
    private readonly DemoDataset _set;

    public SceneComposerTests() => _set = new(_sources.Open(), DemoSplit.Train, 64, seed: 2, count: 400);

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Objects_LieInsideAndHardlyCoverEachOther()
    {
        foreach (SceneSpec spec in Specs())
        {
            Assert.InRange(spec.Objects.Count, spec.Task == DemoTask.Addition ? 0 : 1, 3);
            Assert.All(spec.Objects, placed => Assert.True(ObjectPlacer.IsInside(placed)));
            for (int i = 0; i < spec.Objects.Count; i++)
            {
                for (int k = 0; k < i; k++)
                {
                    bool areTwins = spec.Objects[i].Noun == spec.Objects[k].Noun;
                    Assert.InRange(spec.Objects[i].OverlapWith(spec.Objects[k]), 0, areTwins ? 0 : 0.15);
                }
            }
        }
    }

    [Fact]
    public void Sizes_AreThoseAsked()
    {
        Assert.All(Specs().SelectMany(spec => spec.Objects), placed => Assert.InRange(placed.Size, 0.28, 0.55));
    }

    [Fact]
    public void Subjects_CanBeReferredTo()
    {
        Assert.All(
            Specs().Where(spec => spec.Subject >= 0),
            spec => Assert.NotEmpty(ReferringPhrases.For(spec.Objects, spec.Subject))
        );
    }

    [Fact]
    public void Crops_LieInTheirPhotograph()
    {
        Assert.All(
            Specs().Select(spec => spec.Background),
            crop =>
            {
                Assert.InRange(crop.Left, 0, crop.Photograph.Width - crop.Side);
                Assert.InRange(crop.Top, 0, crop.Photograph.Height - crop.Side);
                Assert.True(crop.Side >= 60);
            }
        );
    }

    [Fact]
    public void Nouns_ThatThePhotographShows_AreRarelyPlacedOnIt()
    {
        // Not never: a folder may hold so few nouns that something must be placed.
        IEnumerable<SceneSpec> specs = Specs().Where(spec => spec.Background.Photograph.Contains.Count > 0);
        SceneObject[] placed = [.. specs.SelectMany(spec => spec.Objects)];

        Assert.InRange(placed.Count(entry => entry.Noun.Noun == "owl"), 0, placed.Length / 10);
    }

    [Fact]
    public void AllTasks_AreDrawn()
    {
        Assert.Equal(
            DemoTask.DefaultWeights.Keys.Order(StringComparer.Ordinal),
            Specs().Select(spec => spec.Task).Distinct().Order(StringComparer.Ordinal)
        );
    }

    private IEnumerable<SceneSpec> Specs() => Enumerable.Range(0, 400).Select(i => _set.Spec(i));
}
