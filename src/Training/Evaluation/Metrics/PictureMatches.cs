namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>The poses found in one picture, matched with its persons of one range of sizes at each similarity.</summary>
internal sealed class PictureMatches
{
    private PictureMatches(int persons, double[] scores, PoseOutcome[][] outcomes)
    {
        Persons = persons;
        Scores = scores;
        Outcomes = outcomes;
    }

    /// <summary>Persons that count.</summary>
    public int Persons { get; }

    /// <summary>Of the poses, the largest first.</summary>
    public double[] Scores { get; }

    /// <summary>What became of each pose, by similarity.</summary>
    public PoseOutcome[][] Outcomes { get; }

    /// <summary>Matches.</summary>
    /// <param name="persons">Of the picture.</param>
    /// <param name="poses">Found in it.</param>
    /// <param name="sigmas">Of the joints.</param>
    /// <param name="thresholds">Similarities that a match must reach.</param>
    /// <param name="least">Pixels² of the smallest person that counts.</param>
    /// <param name="most">Of the largest.</param>
    public static PictureMatches Of(
        IReadOnlyList<PosedPerson> persons,
        IReadOnlyList<FoundPose> poses,
        IReadOnlyList<double> sigmas,
        IReadOnlyList<double> thresholds,
        double least,
        double most
    )
    {
        bool IsIgnored(PosedPerson person) =>
            person.IsCrowd || person.LabelledCount == 0 || person.Area < least || person.Area > most;
        PosedPerson[] ordered = [.. persons.OrderBy(IsIgnored)]; // those that count come first
        bool[] ignored = [.. ordered.Select(IsIgnored)];
        FoundPose[] taken = [.. poses.OrderByDescending(pose => pose.Score).Take(KeypointPrecision.MostPoses)];
        double[][] alike =
        [
            .. taken.Select(pose => ordered.Select(person => KeypointSimilarity.Of(person, pose, sigmas)).ToArray()),
        ];
        bool[] isOtherSize = [.. taken.Select(pose => pose.Area < least || pose.Area > most)];
        return new PictureMatches(
            ignored.Count(person => !person),
            [.. taken.Select(pose => pose.Score)],
            [.. thresholds.Select(threshold => Match(alike, ordered, ignored, isOtherSize, threshold))]
        );
    }

    private static PoseOutcome[] Match(
        double[][] alike,
        PosedPerson[] persons,
        bool[] ignored,
        bool[] isOtherSize,
        double threshold
    )
    {
        var isTaken = new bool[persons.Length];
        var outcomes = new PoseOutcome[alike.Length];
        for (int pose = 0; pose < alike.Length; pose++)
        {
            int match = -1;
            double best = Math.Min(threshold, 1 - 1e-10);
            for (int person = 0; person < persons.Length; person++)
            {
                if (isTaken[person] && !persons[person].IsCrowd)
                {
                    continue;
                }
                if (match >= 0 && !ignored[match] && ignored[person])
                {
                    break; // one that counts goes before any that does not
                }
                if (alike[pose][person] >= best)
                {
                    (best, match) = (alike[pose][person], person);
                }
            }
            outcomes[pose] =
                match < 0 ? (isOtherSize[pose] ? PoseOutcome.Ignored : PoseOutcome.Wrong)
                : ignored[match] ? PoseOutcome.Ignored
                : PoseOutcome.Right;
            if (match >= 0)
            {
                isTaken[match] = true;
            }
        }
        return outcomes;
    }
}

/// <summary>What became of a found pose.</summary>
internal enum PoseOutcome
{
    /// <summary>It is like no person.</summary>
    Wrong,

    /// <summary>It is like one.</summary>
    Right,

    /// <summary>It is neither.</summary>
    Ignored,
}
