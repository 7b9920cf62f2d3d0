using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>What holds for every kind of data set.</summary>
public sealed class DatasetFactoryTests
{
    public static TheoryData<DataSourceKind> Kinds => [.. SmallSets.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_EveryKind_GivesSamplesThatAreAFunctionOfTheirStreams(DataSourceKind kind)
    {
        using var workshop = new DatasetWorkshop();
        SmallSets.Lay(workshop, kind);
        IEditDataset set = workshop.Open(kind, 48);

        Assert.Equal(2, set.Count);
        Assert.Empty(workshop.Rejections.Rejected);
        Assert.Equal(DataSourceKinds.NameOf(kind), set.Name);
        Assert.Equal(64, set.Fingerprint.Length);
        var pictures = new HashSet<string>();
        for (int position = 0; position < 12; position++)
        {
            EditSample one = DatasetWorkshop.Read(set, position % 2, position);
            EditSample again = DatasetWorkshop.Read(set, position % 2, position);
            Assert.Equal((48, 48, 48, 48), (one.Source.Width, one.Source.Height, one.Target.Width, one.Target.Height));
            Assert.Equal(one.Source.Pixels, again.Source.Pixels);
            Assert.Equal(one.Target.Pixels, again.Target.Pixels);
            Assert.Equal((one.Instruction, one.Task), (again.Instruction, again.Task));
            Assert.Equal(
                (one.Instruction, one.Task),
                set.Describe(position % 2, DatasetWorkshop.Augmentation(position), DatasetWorkshop.Phrasing(position))
            );
            // Words never decide pixels.
            EditSample reworded = set.Read(
                position % 2,
                DatasetWorkshop.Augmentation(position),
                DatasetWorkshop.Phrasing(position + 1000)
            );
            Assert.Equal(one.Target.Pixels, reworded.Target.Pixels);
            pictures.Add(Convert.ToHexString(one.Source.Pixels));
        }
        Assert.InRange(pictures.Count, 1, 12);
    }

    /// <summary>Those that the authors' loaders do not read have none of their defects.</summary>
    public static TheoryData<DataSourceKind> ReleasedKinds =>
        [.. SmallSets.Kinds.Where(kind => kind == DataSourceKind.CocoStuff || !DataSourceKinds.IsLabelMaps(kind))];

    [Theory]
    [MemberData(nameof(ReleasedKinds))]
    public void Open_EveryDefectAtOnce_StillGivesSamples(DataSourceKind kind)
    {
        using var workshop = new DatasetWorkshop();
        SmallSets.Lay(workshop, kind);

        IEditDataset mended = workshop.Open(kind, 48);
        IEditDataset released = workshop.Open(kind, 48, source => source with { AsReleased = [ReleasedDefect.All] });

        Assert.NotEmpty(ReleasedDefects.Of(kind));
        Assert.NotEqual(mended.Fingerprint, released.Fingerprint);
        for (int position = 0; position < 6; position++)
        {
            Assert.Equal(48, DatasetWorkshop.Read(released, position % 2, position).Target.Width);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_NothingThere_IsAnErrorThatNamesThePlace(DataSourceKind kind)
    {
        using var workshop = new DatasetWorkshop();

        var thrown = Assert.Throws<DatasetException>(() => workshop.Open(kind));

        Assert.Contains(workshop.Root, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_FromManyThreads_GivesTheSameSamples(DataSourceKind kind)
    {
        using var workshop = new DatasetWorkshop();
        SmallSets.Lay(workshop, kind);
        IEditDataset set = workshop.Open(kind, 48);
        byte[][] expected =
        [
            .. Enumerable.Range(0, 8).Select(i => DatasetWorkshop.Read(set, i % 2, i).Target.Pixels.ToArray()),
        ];
        var differing = 0;

        Parallel.For(
            0,
            32,
            i =>
            {
                ReadOnlySpan<byte> pixels = DatasetWorkshop.Read(set, i % 8 % 2, i % 8).Target.Pixels;
                if (!pixels.SequenceEqual(expected[i % 8]))
                {
                    Interlocked.Increment(ref differing);
                }
            }
        );

        Assert.Equal(0, differing);
    }
}
