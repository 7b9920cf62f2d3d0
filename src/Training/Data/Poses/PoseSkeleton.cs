using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>The joints of a data set (specification 4.3).</summary>
internal sealed record PoseSkeleton
{
    /// <summary>Their names as instructions have them, in the order of the annotations.</summary>
    public required IReadOnlyList<string> Joints { get; init; }

    /// <summary>For each joint the one that it becomes in a mirror.</summary>
    public required IReadOnlyList<int> Mirrored { get; init; }

    /// <summary>Joints of the upper half of a body.</summary>
    public required IReadOnlySet<int> UpperBody { get; init; }

    /// <summary>How often one half of a body is taken, 0…1.</summary>
    public double HalfBodyShare { get; init; }

    /// <summary>The skeleton of a kind.</summary>
    public static PoseSkeleton Of(DataSourceKind kind) =>
        kind switch
        {
            DataSourceKind.Mpii => Mpii,
            DataSourceKind.CocoKeypoints => Coco,
            DataSourceKind.CrowdPose => CrowdPose,
            DataSourceKind.Aic => Aic,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "kind: has no poses"),
        };

    // The authors write COCO's joints with spaces and all others with underscores; released weights know them so.
    private static PoseSkeleton Coco { get; } =
        new()
        {
            Joints =
            [
                "nose",
                "left eye",
                "right eye",
                "left ear",
                "right ear",
                "left shoulder",
                "right shoulder",
                "left elbow",
                "right elbow",
                "left wrist",
                "right wrist",
                "left hip",
                "right hip",
                "left knee",
                "right knee",
                "left ankle",
                "right ankle",
            ],
            Mirrored = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15],
            UpperBody = new HashSet<int>(Enumerable.Range(0, 11)),
            HalfBodyShare = 0.3,
        };

    private static PoseSkeleton CrowdPose { get; } =
        new()
        {
            Joints =
            [
                "left_shoulder",
                "right_shoulder",
                "left_elbow",
                "right_elbow",
                "left_wrist",
                "right_wrist",
                "left_hip",
                "right_hip",
                "left_knee",
                "right_knee",
                "left_ankle",
                "right_ankle",
                "top_head",
                "neck",
            ],
            Mirrored = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13],
            UpperBody = new HashSet<int> { 0, 1, 2, 3, 4, 5, 12, 13 },
        };

    private static PoseSkeleton Aic { get; } =
        new()
        {
            Joints =
            [
                "right_shoulder",
                "right_elbow",
                "right_wrist",
                "left_shoulder",
                "left_elbow",
                "left_wrist",
                "right_hip",
                "right_knee",
                "right_ankle",
                "left_hip",
                "left_knee",
                "left_ankle",
                "head_top",
                "neck",
            ],
            Mirrored = [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8, 12, 13],
            UpperBody = new HashSet<int> { 0, 1, 2, 3, 4, 5, 12, 13 },
        };

    private static PoseSkeleton Mpii { get; } =
        new()
        {
            Joints =
            [
                "right_ankle",
                "right_knee",
                "right_hip",
                "left_hip",
                "left_knee",
                "left_ankle",
                "pelvis",
                "thorax",
                "upper_neck",
                "head_top",
                "right_wrist",
                "right_elbow",
                "right_shoulder",
                "left_shoulder",
                "left_elbow",
                "left_wrist",
            ],
            Mirrored = [5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10],
            UpperBody = new HashSet<int> { 7, 8, 9, 10, 11, 12, 13, 14, 15 },
        };
}
