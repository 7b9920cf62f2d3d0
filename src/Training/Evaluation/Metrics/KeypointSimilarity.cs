namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>
/// Object keypoint similarity (COCO): the mean over the labelled joints of exp(−d² / (2·A·(2σ)²)), for a joint at distance d of a
/// person with area A. Of a person without labels the distance is that from the box, made three times as large, as COCO's
/// toolbox has it.
/// </summary>
internal static class KeypointSimilarity
{
    // Between 1 and the next number: what COCO's toolbox adds so as not to divide by 0.
    private const double Spacing = 2.220446049250313e-16;

    /// <summary>COCO's σ of its 17 joints, in its order.</summary>
    public static IReadOnlyList<double> CocoSigmas { get; } =
    [
        .. (double[])[0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072],
        .. (double[])[0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089],
    ];

    /// <summary>CrowdPose's σ of its 14 joints: COCO's of the same joints; top of the head and neck have the shoulders'.</summary>
    public static IReadOnlyList<double> CrowdPoseSigmas { get; } =
    [
        .. (double[])[0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107],
        .. (double[])[0.107, 0.087, 0.087, 0.089, 0.089, 0.079, 0.079],
    ];

    /// <summary>AI Challenger's σ of its 14 joints, in its order; the organisers' script has them doubled, as δ.</summary>
    public static IReadOnlyList<double> AicSigmas { get; } =
    [
        .. (double[])[0.01388152, 0.01515228, 0.01057665, 0.01417709, 0.01497891, 0.01402144, 0.03909642],
        .. (double[])[0.03686941, 0.01981803, 0.03843971, 0.03412318, 0.02415081, 0.01291456, 0.01236173],
    ];

    /// <summary>How alike a found pose and a person are, 0…1.</summary>
    /// <param name="person">What is known.</param>
    /// <param name="pose">What was found; as many joints.</param>
    /// <param name="sigmas">As many.</param>
    /// <exception cref="ArgumentException">The numbers of joints differ.</exception>
    public static double Of(PosedPerson person, FoundPose pose, IReadOnlyList<double> sigmas)
    {
        if (pose.Joints.Count != person.Joints.Count || sigmas.Count != person.Joints.Count)
        {
            throw new ArgumentException(
                $"pose: expected {person.Joints.Count} joints, got {pose.Joints.Count} and {sigmas.Count} sigmas",
                nameof(pose)
            );
        }
        int labelled = person.LabelledCount;
        double sum = 0;
        for (int i = 0; i < sigmas.Count; i++)
        {
            (double x, double y, bool isLabelled) = person.Joints[i];
            if (labelled > 0 && !isLabelled)
            {
                continue;
            }
            (double dx, double dy) =
                labelled > 0
                    ? (pose.Joints[i].X - x, pose.Joints[i].Y - y)
                    : (
                        Beyond(pose.Joints[i].X, person.Box.X, person.Box.Width),
                        Beyond(pose.Joints[i].Y, person.Box.Y, person.Box.Height)
                    );
            double variance = 4 * sigmas[i] * sigmas[i];
            double exponent = ((dx * dx) + (dy * dy)) / variance / (person.Area + Spacing) / 2;
            sum += double.IsNaN(exponent) ? 0 : Math.Exp(-exponent);
        }
        return sum / (labelled > 0 ? labelled : sigmas.Count);
    }

    private static double Beyond(double at, double start, double length) =>
        double.IsNaN(at) ? at : Math.Max(0, start - length - at) + Math.Max(0, at - start - (2 * length));
}
