using InstructDiffusion.Training.Evaluation.Metrics;

namespace InstructDiffusion.Training.Tests.Evaluation.Metrics;

public sealed class KeypointPrecisionTests
{
    /// <summary>
    /// The values of <c>reference.py</c> for twelve pictures with crowds, persons without labels, persons of all sizes, doubles, and
    /// more than twenty poses.
    /// </summary>
    [Fact]
    public void Of_ReferenceScenes_IsWhatTheDefinitionGives()
    {
        var scenes = ReferenceScenes();
        var precision = new KeypointPrecision(scenes, KeypointSimilarity.CocoSigmas);

        KeypointScores scores = precision.Of([.. Enumerable.Range(0, scenes.Count)]);

        Assert.Contains(scenes, scene => scene.Poses.Count > KeypointPrecision.MostPoses);
        Assert.Contains(scenes, scene => scene.Persons.Any(person => person.IsCrowd));
        Assert.Contains(scenes, scene => scene.Persons.Any(person => person.LabelledCount == 0));
        Assert.Equal(0.2499406410894974, scores.Ap!.Value, 1e-9);
        Assert.Equal(0.37340299016639067, scores.Ap50!.Value, 1e-9);
        Assert.Equal(0.2121640735502123, scores.Ap75!.Value, 1e-9);
        Assert.Equal(0.33686468646864676, scores.ApMedium!.Value, 1e-9);
        Assert.Equal(0.4059405940594062, scores.ApLarge!.Value, 1e-9);
        Assert.Equal(0.5055555555555556, scores.Ar!.Value, 1e-9);
    }

    /// <summary>
    /// By hand: of two persons one is found exactly, after a pose that is like nobody. Precision is 1/2 at recall 1/2, which 51 of the
    /// 101 recalls do not exceed.
    /// </summary>
    [Fact]
    public void Of_OneWrongThenOneRight_IsFiftyOneHalves()
    {
        PosedPerson found = Person(0, 0);
        PosedPerson missed = Person(500, 500);
        var poses = new[] { Pose(1000, 1000, score: 0.9), Pose(0, 0, score: 0.8) };
        var precision = new KeypointPrecision([([found, missed], poses)], KeypointSimilarity.CocoSigmas);

        KeypointScores scores = precision.Of([0]);

        Assert.Equal(51 * 0.5 / 101, scores.Ap!.Value, 1e-12);
        Assert.Equal(0.5, scores.Ar!.Value, 1e-12);
        Assert.Null(scores.ApLarge);
    }

    [Fact]
    public void Of_JointsNotFound_AreInfinitelyFar()
    {
        var half = new FoundPose(
            [.. Pose(0, 0, 1).Joints.Select((joint, i) => i < 9 ? joint : (double.NaN, double.NaN))],
            1
        );

        Assert.Equal(9 / 17.0, KeypointSimilarity.Of(Person(0, 0), half, KeypointSimilarity.CocoSigmas), 1e-12);
    }

    /// <summary>By hand: exp(−d² / (2·A·(2σ)²)) with d = 10, A = 2500 and the nose's σ of 0.026, and 16 joints in place.</summary>
    [Fact]
    public void Similarity_OneJointOff_IsTheMeanOfGaussians()
    {
        FoundPose pose = Pose(0, 0, 1);
        var off = new FoundPose([(pose.Joints[0].X + 6, pose.Joints[0].Y - 8), .. pose.Joints.Skip(1)], 1);
        double nose = Math.Exp(-100 / (2 * 2500 * 0.052 * 0.052));

        Assert.Equal((16 + nose) / 17, KeypointSimilarity.Of(Person(0, 0), off, KeypointSimilarity.CocoSigmas), 1e-12);
    }

    private static PosedPerson Person(double x, double y) =>
        new()
        {
            Joints = [.. Enumerable.Range(0, 17).Select(i => (x + (3 * i), y + (2 * i), true))],
            Area = 2500,
            Box = (x, y, 50, 50),
        };

    private static FoundPose Pose(double x, double y, double score) =>
        new([.. Enumerable.Range(0, 17).Select(i => (x + (3 * i), y + (2 * i)))], score);

    // As scenes() of reference.py.
    private static List<(IReadOnlyList<PosedPerson> Persons, IReadOnlyList<FoundPose> Poses)> ReferenceScenes()
    {
        var draw = new ReferenceNumbers(7);
        var scenes = new List<(IReadOnlyList<PosedPerson>, IReadOnlyList<FoundPose>)>();
        for (int number = 0; number < 12; number++)
        {
            var persons = new List<PosedPerson>();
            var poses = new List<FoundPose>();
            int count = 1 + draw.Next(4);
            for (int i = 0; i < count; i++)
            {
                persons.Add(ReferencePerson(draw));
            }
            foreach (PosedPerson person in persons)
            {
                int found = number > 0 ? draw.Next(3) : 12;
                for (int i = 0; i < found; i++)
                {
                    int spread = 1 + draw.Next(12);
                    double Offset() => (draw.Next((2 * spread) + 1) - spread) / 2.0;
                    var joints = new (double, double)[17];
                    for (int joint = 0; joint < joints.Length; joint++)
                    {
                        double x = person.Joints[joint].X + Offset();
                        joints[joint] = (x, person.Joints[joint].Y + Offset());
                    }
                    poses.Add(new FoundPose(joints, draw.Next(1000) / 1000.0));
                }
            }
            scenes.Add((persons, poses));
        }
        return scenes;
    }

    private static PosedPerson ReferencePerson(ReferenceNumbers draw)
    {
        (int left, int top) = (draw.Next(300), draw.Next(300));
        int side = ((int[])[20, 50, 90, 160])[draw.Next(4)];
        var labelled = new bool[17];
        for (int i = 0; i < labelled.Length; i++)
        {
            labelled[i] = draw.Next(4) > 0;
        }
        if (draw.Next(6) == 0)
        {
            labelled = new bool[17];
        }
        var joints = new (double, double, bool)[17];
        for (int i = 0; i < joints.Length; i++)
        {
            int x = left + draw.Next(side);
            joints[i] = (x, top + draw.Next(side), labelled[i]);
        }
        return new PosedPerson
        {
            Joints = joints,
            Area = side * side * 0.6,
            Box = (left, top, side, side),
            IsCrowd = draw.Next(8) == 0,
        };
    }
}
