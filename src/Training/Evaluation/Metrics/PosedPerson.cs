namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>A person whose joints are known, as COCO's annotations have it.</summary>
internal sealed record PosedPerson
{
    /// <summary>x, y and whether it has a label, for each joint; pixels.</summary>
    public required IReadOnlyList<(double X, double Y, bool IsLabelled)> Joints { get; init; }

    /// <summary>Of the person's mask, pixels².</summary>
    public required double Area { get; init; }

    /// <summary>Left, top, width, height.</summary>
    public required (double X, double Y, double Width, double Height) Box { get; init; }

    /// <summary>Stands for many: what is found there is neither right nor wrong.</summary>
    public bool IsCrowd { get; init; }

    /// <summary>Joints with a label.</summary>
    public int LabelledCount => Joints.Count(joint => joint.IsLabelled);
}

/// <summary>A pose that was found.</summary>
/// <param name="Joints">x and y for each joint; NaN where a joint was not found, which is infinitely far from any place.</param>
/// <param name="Score">How sure; only the order matters.</param>
internal sealed record FoundPose(IReadOnlyList<(double X, double Y)> Joints, double Score)
{
    /// <summary>Of the box around the joints that were found, pixels²; 0 without any.</summary>
    public double Area
    {
        get
        {
            (double X, double Y)[] found =
            [
                .. Joints.Where(joint => double.IsFinite(joint.X) && double.IsFinite(joint.Y)),
            ];
            return found.Length == 0
                ? 0
                : (found.Max(j => j.X) - found.Min(j => j.X)) * (found.Max(j => j.Y) - found.Min(j => j.Y));
        }
    }
}
