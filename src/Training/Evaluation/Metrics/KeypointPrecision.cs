namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>
/// Average precision of found poses by COCO's protocol for keypoints: at most 20 poses a picture, matched in order of their scores, each
/// to the free person it is most like; persons without labels, crowds and those of another size are ignored, and so are poses
/// matched to them; precision made falling, and read at 101 recalls.
/// </summary>
internal sealed class KeypointPrecision
{
    /// <summary>Poses of a picture that count.</summary>
    public const int MostPoses = 20;

    private const int Recalls = 101;
    private const double RecallStep = 0.01; // multiplied, not divided by: 57 · 0.01 is not 0.57, and the toolbox has the former
    private const int Thresholds = 10;

    // COCO's sizes, pixels²: all, medium, large.
    private static readonly (double Least, double Most)[] _sizes = [(0, 1e10), (32 * 32, 96 * 96), (96 * 96, 1e10)];

    private readonly PictureMatches[][] _pictures;

    /// <summary>Matches the poses of each picture with its persons.</summary>
    /// <param name="pictures">Persons and poses, picture by picture.</param>
    /// <param name="sigmas">Of the joints.</param>
    public KeypointPrecision(
        IReadOnlyList<(IReadOnlyList<PosedPerson> Persons, IReadOnlyList<FoundPose> Poses)> pictures,
        IReadOnlyList<double> sigmas
    )
    {
        double[] thresholds = [.. Enumerable.Range(0, Thresholds).Select(ThresholdAt)];
        _pictures =
        [
            .. pictures.Select(picture =>
                _sizes
                    .Select(size =>
                        PictureMatches.Of(picture.Persons, picture.Poses, sigmas, thresholds, size.Least, size.Most)
                    )
                    .ToArray()
            ),
        ];
    }

    /// <summary>The figures of some of the pictures.</summary>
    /// <param name="chosen">Their numbers; one may be named several times and then counts as often.</param>
    public KeypointScores Of(IReadOnlyList<int> chosen)
    {
        (double?[] all, double?[] recalls) = Average(chosen, size: 0);
        return new KeypointScores(
            Mean(all),
            all[0],
            all[(75 - 50) / 5],
            Mean(Average(chosen, size: 1).Precisions),
            Mean(Average(chosen, size: 2).Precisions),
            Mean(recalls)
        );
    }

    private static double ThresholdAt(int index) => (50 + (5 * index)) / 100.0;

    private (double?[] Precisions, double?[] Recalls) Average(IReadOnlyList<int> chosen, int size)
    {
        int persons = chosen.Sum(picture => _pictures[picture][size].Persons);
        var precisions = new double?[Thresholds];
        var recalls = new double?[Thresholds];
        if (persons == 0)
        {
            return (precisions, recalls);
        }
        // In order of the scores; of equal ones in the order of the pictures.
        (PictureMatches Picture, int Pose)[] poses =
        [
            .. chosen
                .Select(picture => _pictures[picture][size])
                .SelectMany(matches => Enumerable.Range(0, matches.Scores.Length).Select(pose => (matches, pose)))
                .OrderByDescending(pose => pose.matches.Scores[pose.pose]),
        ];
        for (int threshold = 0; threshold < Thresholds; threshold++)
        {
            (precisions[threshold], recalls[threshold]) = Average(poses, threshold, persons);
        }
        return (precisions, recalls);
    }

    private static (double Precision, double Recall) Average(
        (PictureMatches Picture, int Pose)[] poses,
        int threshold,
        int persons
    )
    {
        var precision = new List<double>();
        var recall = new List<double>();
        (int right, int wrong) = (0, 0);
        foreach ((PictureMatches picture, int pose) in poses)
        {
            switch (picture.Outcomes[threshold][pose])
            {
                case PoseOutcome.Right:
                    right++;
                    break;
                case PoseOutcome.Wrong:
                    wrong++;
                    break;
                default: // an ignored one adds a point that repeats the one before, and changes nothing
                    continue;
            }
            precision.Add(right / (double)(right + wrong));
            recall.Add(right / (double)persons);
        }
        for (int i = precision.Count - 1; i > 0; i--)
        {
            precision[i - 1] = Math.Max(precision[i - 1], precision[i]);
        }
        double sum = 0;
        int at = 0;
        for (int i = 0; i < Recalls; i++)
        {
            while (at < recall.Count && recall[at] < i * RecallStep)
            {
                at++;
            }
            sum += at < recall.Count ? precision[at] : 0;
        }
        return (sum / Recalls, recall.Count > 0 ? recall[^1] : 0);
    }

    private static double? Mean(double?[] values) =>
        values.Any(value => value is null) ? null : values.Average(value => value!.Value);
}
