using InstructDiffusion.Training.Data.Poses;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// AP-10K's 17 joints as COCO's: eyes, nose, shoulders, elbows, hips and knees are both's, front paws stand for wrists and back paws for
/// ankles; its neck and root of the tail have no counterpart, and COCO's ears none there (specification 6.1).
/// </summary>
internal static class AnimalJoints
{
    // For each of COCO's joints the number of AP-10K's: left eye, right eye, nose, neck, root of tail; left shoulder, elbow, front
    // paw; the same on the right; left hip, knee, back paw; the same on the right.
    private static readonly int[] _ofCoco = [2, 0, 1, -1, -1, 5, 8, 6, 9, 7, 10, 11, 14, 12, 15, 13, 16];

    /// <summary>COCO's numbers of the joints that both have.</summary>
    public static IReadOnlyList<int> Shared { get; } =
    [.. Enumerable.Range(0, _ofCoco.Length).Where(joint => _ofCoco[joint] >= 0)];

    /// <summary>An animal with its joints in COCO's order.</summary>
    public static Person AsPerson(Person animal)
    {
        var joints = new float[2 * _ofCoco.Length];
        uint visible = 0;
        foreach (int joint in Shared)
        {
            (double x, double y) = animal.JointAt(_ofCoco[joint]);
            (joints[2 * joint], joints[(2 * joint) + 1]) = ((float)x, (float)y);
            visible |= animal.IsVisible(_ofCoco[joint]) ? 1u << joint : 0;
        }
        return animal with { Joints = joints, Visible = visible };
    }
}
