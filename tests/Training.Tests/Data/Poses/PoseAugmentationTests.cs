using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Poses;

/// <summary>Shares and bounds of the authors' augmentation (specification 4.3).</summary>
public sealed class PoseAugmentationTests
{
    private const int Draws = 4000;

    private static readonly PoseSkeleton _coco = PoseSkeleton.Of(DataSourceKind.CocoKeypoints);

    [Fact]
    public void Draw_Shares_AreTheAuthors()
    {
        PoseFrame[] frames = Frames(PersonWith(visible: 8), drawsNormally: false);

        Assert.InRange(frames.Count(frame => frame.IsMirrored), Draws * 0.46, Draws * 0.54);
        Assert.InRange(frames.Count(frame => frame.Degrees == 0), Draws * 0.36, Draws * 0.44);
        double[] turns = [.. frames.Select(frame => frame.Degrees).Where(degrees => degrees != 0)];
        Assert.InRange(turns.Average(), -3.5, 3.5);
        Assert.Equal(90, turns.Max());
        Assert.Equal(-90, turns.Min());
        // Beyond two deviations lie 4.6 % of normal numbers: those are at the bounds.
        Assert.InRange(turns.Count(degrees => Math.Abs(degrees) == 90), turns.Length * 0.03, turns.Length * 0.065);
        double[] scales = [.. frames.Select(frame => frame.Box.Scale)];
        Assert.Equal(0.65, scales.Min(), 1e-9);
        Assert.Equal(1.35, scales.Max(), 1e-9);
        Assert.InRange(scales.Average(), 0.98, 1.02);
        Assert.All(frames, frame => Assert.Equal((50.0, 60.0), (frame.Box.CenterX, frame.Box.CenterY)));
    }

    [Theory]
    [InlineData(false, 0.5)]
    [InlineData(true, 0.6915)] // the normal distribution below 0.5
    public void Draw_HalfBody_TakesTheUpperHalfInThisShare(bool drawsNormally, double share)
    {
        PoseFrame[] halves = [.. Frames(PersonWith(17), drawsNormally).Where(frame => frame.Box.CenterX != 50)];

        Assert.InRange(halves.Length, Draws * 0.26, Draws * 0.34);
        int upper = halves.Count(frame => frame.Box.CenterY < 100);
        Assert.InRange(upper, halves.Length * (share - 0.05), halves.Length * (share + 0.05));
    }

    [Fact]
    public void Draw_HalfBody_IsTheSquareAroundItsJoints()
    {
        PoseFrame[] halves = [.. Frames(PersonWith(17), drawsNormally: false).Where(frame => frame.Box.CenterX != 50)];

        // Upper joints lie at x = 10 i, y = 0, i = 0…10; lower ones at x = 10 i, y = 200, i = 11…16.
        foreach (PoseFrame frame in halves)
        {
            bool isUpper = frame.Box.CenterY < 100;
            Assert.Equal(isUpper ? 50 + 1e-3 : 135, frame.Box.CenterX, 0.01);
            double side = isUpper ? 100 : 50;
            Assert.InRange(frame.Box.Scale, side / 200 * 1.5 * 0.65 - 1e-3, side / 200 * 1.5 * 1.35 + 1e-3);
        }
    }

    [Fact]
    public void Draw_EightVisibleJointsOrAnotherDataSet_HasNoHalfBody()
    {
        Assert.All(Frames(PersonWith(8), false), frame => Assert.Equal(50, frame.Box.CenterX));
        var aic = new PoseAugmentation(PoseSkeleton.Of(DataSourceKind.Aic), 0.5, drawsHalvesNormally: false);
        var person = new Person("x", new PersonBox(50, 60, 1), new float[28], (1u << 14) - 1);

        for (int i = 0; i < 200; i++)
        {
            CounterRandom random = DatasetWorkshop.Augmentation(i);
            Assert.Equal(50, aic.Draw(person, 64, ref random).Box.CenterX);
        }
    }

    [Fact]
    public void Draw_HalfBodyOfOnePlace_KeepsTheWholeBody()
    {
        var person = new Person("x", new PersonBox(50, 60, 1), new float[34], (1u << 17) - 1);

        Assert.All(Frames(person, false), frame => Assert.Equal(50, frame.Box.CenterX));
    }

    [Theory]
    [InlineData(DataSourceKind.Mpii, 16)]
    [InlineData(DataSourceKind.CocoKeypoints, 17)]
    [InlineData(DataSourceKind.CrowdPose, 14)]
    [InlineData(DataSourceKind.Aic, 14)]
    public void Skeletons_MirrorLeftAndRightIntoEachOther(DataSourceKind kind, int joints)
    {
        PoseSkeleton skeleton = PoseSkeleton.Of(kind);

        Assert.Equal(joints, skeleton.Joints.Count);
        for (int i = 0; i < joints; i++)
        {
            string name = skeleton.Joints[i];
            string mirrored =
                name.StartsWith("left", StringComparison.Ordinal) ? "right" + name["left".Length..]
                : name.StartsWith("right", StringComparison.Ordinal) ? "left" + name["right".Length..]
                : name;
            Assert.Equal(mirrored, skeleton.Joints[skeleton.Mirrored[i]]);
        }
    }

    private static Person PersonWith(int visible)
    {
        var joints = new float[34];
        for (int i = 0; i < 17; i++)
        {
            // A hair off the box's centre, so that a half is told from the whole.
            (joints[2 * i], joints[2 * i + 1]) = (10 * i + 0.001f, i <= 10 ? 0 : 200);
        }
        return new Person("x", new PersonBox(50, 60, 1), joints, (1u << visible) - 1);
    }

    private static PoseFrame[] Frames(Person person, bool drawsNormally)
    {
        var augmentation = new PoseAugmentation(_coco, 0.5, drawsNormally);
        var frames = new PoseFrame[Draws];
        for (int i = 0; i < Draws; i++)
        {
            CounterRandom random = DatasetWorkshop.Augmentation(i);
            frames[i] = augmentation.Draw(person, 256, ref random);
        }
        return frames;
    }
}
