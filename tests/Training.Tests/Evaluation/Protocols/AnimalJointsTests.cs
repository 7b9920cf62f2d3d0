using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Evaluation.Protocols;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

public sealed class AnimalJointsTests
{
    /// <summary>AP-10K's joints in its own order, each with the name of COCO's that it is.</summary>
    private static readonly string?[] Names =
    [
        "left eye",
        "right eye",
        "nose",
        null,
        null,
        "left shoulder",
        "left elbow",
        "left wrist",
        "right shoulder",
        "right elbow",
        "right wrist",
        "left hip",
        "left knee",
        "left ankle",
        "right hip",
        "right knee",
        "right ankle",
    ];

    [Fact]
    public void AsPerson_PutsEachJointWhereCocoHasIt()
    {
        float[] places = [.. Enumerable.Range(0, 17).SelectMany(i => new[] { 100f + i, 200f + i })];
        var animal = new Person("a.jpg", default, places, (1u << 17) - 1 - (1u << 9)); // all but the right elbow
        IReadOnlyList<string> joints = PoseSkeleton.Of(Training.Recipes.DataSourceKind.CocoKeypoints).Joints;

        Person person = AnimalJoints.AsPerson(animal);

        for (int i = 0; i < Names.Length; i++)
        {
            if (Names[i] is { } name)
            {
                int joint = Enumerable
                    .Range(0, 17)
                    .Single(j => string.Equals(joints[j], name, StringComparison.Ordinal));
                Assert.Equal((100.0 + i, 200.0 + i), person.JointAt(joint));
                Assert.Equal(i != 9, person.IsVisible(joint));
            }
        }
        Assert.Equal(14, person.VisibleCount);
        Assert.Equal(15, AnimalJoints.Shared.Count);
    }
}
