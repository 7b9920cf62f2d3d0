using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// Figures of found joints: COCO's average precision where σ are known (COCO, HumanArt, AP-10K; CrowdPose and AI Challenger with their own),
/// PCKh for MPII, and PCK with respect to the longer side of a person's box for all.
/// </summary>
/// <param name="kind">The data set.</param>
/// <param name="people">Who was looked for.</param>
/// <param name="asked">Joints that were asked for.</param>
internal sealed class PoseFigures(DataSourceKind kind, IReadOnlyList<Person> people, IReadOnlyList<int> asked)
{
    // In MPII's order.
    private const int UpperNeck = 8;
    private const int HeadTop = 9;

    private const double HalfAHead = 0.5;

    // What of its box a person covers, where no mask was annotated: CrowdPose's toolbox and those that take AIC in COCO's form have it so.
    private const double CoveredShare = 0.53;

    /// <summary>All of them, the most important one first.</summary>
    public IReadOnlyList<ProtocolFigure> All()
    {
        ProtocolFigure[] pck = [Correct(FigureKind.Pck05, 0.05, BoxSide), Correct(FigureKind.Pck10, 0.1, BoxSide)];
        return kind switch
        {
            DataSourceKind.CocoKeypoints => [.. Precision(KeypointSimilarity.CocoSigmas), .. pck],
            DataSourceKind.CrowdPose => [.. Precision(KeypointSimilarity.CrowdPoseSigmas), .. pck],
            DataSourceKind.Aic => [.. Precision(KeypointSimilarity.AicSigmas), .. pck],
            _ => [Correct(FigureKind.Pckh, HalfAHead, HeadSegment), .. pck],
        };
    }

    private IEnumerable<ProtocolFigure> Precision(IReadOnlyList<double> sigmas)
    {
        // By picture, as COCO matches; the pictures' numbers are those of their first persons.
        PosedPerson[] posed = [.. people.Select(Posed)];
        IGrouping<string, int>[] pictures =
        [
            .. Enumerable.Range(0, people.Count).GroupBy(i => people[i].Image, StringComparer.Ordinal),
        ];
        var pictureOf = new int[people.Count];
        foreach ((int number, IGrouping<string, int> persons) in pictures.Index())
        {
            foreach (int person in persons)
            {
                pictureOf[person] = number;
            }
        }
        (IReadOnlyList<double[]>? Noted, KeypointPrecision? Matched) last = default;
        var found = new Dictionary<ulong, KeypointScores>(); // six figures look at the same samples
        KeypointScores Scores(IReadOnlyList<double[]> noted, IReadOnlyList<int> chosen)
        {
            if (!ReferenceEquals(noted, last.Noted))
            {
                last = (
                    noted,
                    new KeypointPrecision(
                        [
                            .. pictures.Select(persons =>
                                (
                                    (IReadOnlyList<PosedPerson>)[.. persons.Select(person => posed[person])],
                                    (IReadOnlyList<FoundPose>)[.. persons.Select(person => Found(noted[person]))]
                                )
                            ),
                        ],
                        sigmas
                    )
                );
                found.Clear();
            }
            // Chosen are whole pictures, perhaps several times: of each the first person tells how often.
            int[] whole =
            [
                .. chosen
                    .Where(person => pictures[pictureOf[person]].First() == person)
                    .Select(person => pictureOf[person]),
            ];
            ulong key = KeyOf(whole);
            if (!found.TryGetValue(key, out KeypointScores? scores))
            {
                found.Add(key, scores = last.Matched!.Of(whole));
            }
            return scores;
        }
        ProtocolFigure Figure(FigureKind figure, Func<KeypointScores, double?> value) =>
            new(figure, people.Count, (noted, chosen) => 100 * (value(Scores(noted, chosen)) ?? double.NaN));
        yield return Figure(FigureKind.Ap, scores => scores.Ap);
        yield return Figure(FigureKind.Ap50, scores => scores.Ap50);
        yield return Figure(FigureKind.Ap75, scores => scores.Ap75);
        yield return Figure(FigureKind.ApMedium, scores => scores.ApMedium);
        yield return Figure(FigureKind.ApLarge, scores => scores.ApLarge);
        yield return Figure(FigureKind.Ar, scores => scores.Ar);
    }

    // FNV-1a of 64 bits: a few thousand samples do not meet.
    private static ulong KeyOf(int[] numbers) =>
        numbers.Aggregate(14695981039346656037, (hash, number) => unchecked((hash ^ (uint)number) * 1099511628211));

    private ProtocolFigure Correct(FigureKind figure, double part, Func<Person, double> unit)
    {
        (double Right, double Of)[] Terms(IReadOnlyList<double[]> noted) =>
            [.. people.Select((person, i) => CorrectJoints(person, noted[i], part * unit(person)))];
        (IReadOnlyList<double[]>? Noted, (double Right, double Of)[]? Terms) last = default;
        return new ProtocolFigure(
            figure,
            people.Count(person => unit(person) > 0),
            (noted, chosen) =>
            {
                last = ReferenceEquals(noted, last.Noted) ? last : (noted, Terms(noted));
                return 100 * chosen.Sum(i => last.Terms![i].Right) / chosen.Sum(i => last.Terms![i].Of);
            }
        );
    }

    private static (double Right, double Of) CorrectJoints(Person person, double[] noted, double reach)
    {
        if (!(reach > 0))
        {
            return (0, 0);
        }
        (int right, int labelled) = (0, 0);
        for (int joint = 0; joint < noted.Length / 3; joint++)
        {
            if (person.IsVisible(joint))
            {
                (double x, double y) = person.JointAt(joint);
                labelled++;
                right += double.Hypot(noted[3 * joint] - x, noted[(3 * joint) + 1] - y) <= reach ? 1 : 0;
            }
        }
        return (right, labelled);
    }

    private static double BoxSide(Person person) => Math.Max(person.Bounds.Width, person.Bounds.Height);

    // The lists that are read lack MPII's boxes of heads: its head segment stands for them.
    private static double HeadSegment(Person person)
    {
        if (!person.IsVisible(UpperNeck) || !person.IsVisible(HeadTop))
        {
            return 0;
        }
        (double neckX, double neckY) = person.JointAt(UpperNeck);
        (double topX, double topY) = person.JointAt(HeadTop);
        return double.Hypot(topX - neckX, topY - neckY);
    }

    private PosedPerson Posed(Person person) =>
        new()
        {
            Joints =
            [
                .. Enumerable
                    .Range(0, person.Joints.Length / 2)
                    .Select(joint => (person.JointAt(joint).X, person.JointAt(joint).Y, person.IsVisible(joint))),
            ],
            Area =
                kind == DataSourceKind.CocoKeypoints
                    ? person.Area
                    : CoveredShare * person.Bounds.Width * person.Bounds.Height,
            Box = person.Bounds,
        };

    private FoundPose Found(double[] noted) =>
        new(
            [.. Enumerable.Range(0, noted.Length / 3).Select(joint => (noted[3 * joint], noted[(3 * joint) + 1]))],
            asked.Average(joint => noted[(3 * joint) + 2])
        );
}
