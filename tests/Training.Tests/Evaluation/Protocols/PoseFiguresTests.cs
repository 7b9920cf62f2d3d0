using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Evaluation.Metrics;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

/// <summary>Average precision of the sets whose joints are not COCO's, beside a computation that shares nothing with the program's.</summary>
public sealed class PoseFiguresTests
{
    private const int Joints = 14;
    private const int Pictures = 10;

    // By the joints' names: CrowdPose's toolbox takes COCO's, and the shoulders' for head and neck.
    private static readonly Dictionary<string, double> CrowdPose = new(StringComparer.Ordinal)
    {
        ["shoulder"] = 0.079,
        ["elbow"] = 0.072,
        ["wrist"] = 0.062,
        ["hip"] = 0.107,
        ["knee"] = 0.087,
        ["ankle"] = 0.089,
        ["top_head"] = 0.079,
        ["neck"] = 0.079,
    };

    // As AI Challenger's script has them, doubled.
    private static readonly Dictionary<string, double> Aic = new(StringComparer.Ordinal)
    {
        ["right_shoulder"] = 0.02776304,
        ["right_elbow"] = 0.03030456,
        ["right_wrist"] = 0.0211533,
        ["left_shoulder"] = 0.02835418,
        ["left_elbow"] = 0.02995782,
        ["left_wrist"] = 0.02804288,
        ["right_hip"] = 0.07819284,
        ["right_knee"] = 0.07373882,
        ["right_ankle"] = 0.03963606,
        ["left_hip"] = 0.07687942,
        ["left_knee"] = 0.06824636,
        ["left_ankle"] = 0.04830162,
        ["head_top"] = 0.02582912,
        ["neck"] = 0.02472346,
    };

    [Theory]
    [InlineData(DataSourceKind.CrowdPose)]
    [InlineData(DataSourceKind.Aic)]
    public void All_AveragePrecision_IsWhatTheDefinitionGives(DataSourceKind kind)
    {
        IReadOnlyList<string> names = PoseSkeleton.Of(kind).Joints;
        double[] doubled =
        [
            .. names.Select(name =>
                kind == DataSourceKind.Aic
                    ? Aic[name]
                    : 2 * CrowdPose.Single(known => name.EndsWith(known.Key, StringComparison.Ordinal)).Value
            ),
        ];
        (List<Person> people, List<double[]> noted) = Scenes(spread: kind == DataSourceKind.Aic ? 3 : 12);
        int[] all = [.. Enumerable.Range(0, people.Count)];
        int[] twice = [.. all.Where(i => people[i].Image is "0.jpg" or "3.jpg"), .. all];

        IReadOnlyList<ProtocolFigure> figures = new PoseFigures(kind, people, [.. Enumerable.Range(0, Joints)]).All();

        double Value(string name, int[] chosen) => figures.Single(f => f.Kind.Name == name).Statistic(noted, chosen);
        Assert.Equal(["ap", "ap_50", "ap_75"], figures.Take(3).Select(figure => figure.Kind.Name));
        double expected = 100 * Enumerable.Range(0, 10).Average(i => Ap(people, noted, doubled, 0.5 + (0.05 * i)));
        Assert.InRange(expected, 5, 95);
        Assert.Equal(expected, Value("ap", all), 1e-9);
        Assert.Equal(100 * Ap(people, noted, doubled, 0.5), Value("ap_50", all), 1e-9);
        Assert.Equal(100 * Ap(people, noted, doubled, 0.75), Value("ap_75", all), 1e-9);
        Assert.True(double.IsFinite(Value("ap", twice)));
    }

    /// <summary>Persons in pictures, and a pose found for each: more and less exact, some joints not at all.</summary>
    private static (List<Person> People, List<double[]> Noted) Scenes(int spread)
    {
        var draw = new ReferenceNumbers(5);
        var people = new List<Person>();
        var noted = new List<double[]>();
        for (int picture = 0; picture < Pictures; picture++)
        {
            int count = 1 + draw.Next(4);
            for (int i = 0; i < count; i++)
            {
                (int left, int top, int side) = (draw.Next(200), draw.Next(200), 40 + draw.Next(120));
                var joints = new float[2 * Joints];
                var found = new double[3 * Joints];
                uint visible = 1;
                int off = 1 + draw.Next(spread);
                for (int joint = 0; joint < Joints; joint++)
                {
                    (joints[2 * joint], joints[(2 * joint) + 1]) = (left + draw.Next(side), top + draw.Next(side));
                    visible |= draw.Next(4) > 0 ? 1u << joint : 0;
                    bool isFound = draw.Next(8) > 0;
                    double Moved(float place) =>
                        isFound ? place + ((draw.Next((2 * off) + 1) - off) / 2.0) : double.NaN;
                    found[3 * joint] = Moved(joints[2 * joint]);
                    found[(3 * joint) + 1] = Moved(joints[(2 * joint) + 1]);
                    found[(3 * joint) + 2] = isFound ? draw.Next(1000) / 1000.0 : 0;
                }
                var box = PersonBox.Of(left, top, side, side);
                people.Add(
                    new Person($"{picture}.jpg", box, joints, visible)
                    {
                        Area = 1,
                        Bounds = (left, top, side, side / 2.0),
                    }
                );
                noted.Add(found);
            }
        }
        return (people, noted);
    }

    /// <summary>
    /// For each recall the best precision at or beyond it, of poses that take, best first, the person of their picture that is most like
    /// them and still free.
    /// </summary>
    private static double Ap(List<Person> people, List<double[]> noted, double[] doubledSigmas, double threshold)
    {
        var events = new List<(double Score, bool IsRight)>();
        foreach (string picture in people.Select(person => person.Image).Distinct())
        {
            List<int> free = [.. Enumerable.Range(0, people.Count).Where(i => people[i].Image == picture)];
            foreach (int pose in free.OrderByDescending(i => ScoreOf(noted[i])).ToArray())
            {
                List<int> fitting =
                [
                    .. free.Where(person => Oks(people[person], noted[pose], doubledSigmas) >= threshold),
                ];
                events.Add((ScoreOf(noted[pose]), fitting.Count > 0));
                if (fitting.Count > 0)
                {
                    free.Remove(fitting.MaxBy(person => Oks(people[person], noted[pose], doubledSigmas)));
                }
            }
        }
        bool[] right = [.. events.OrderByDescending(one => one.Score).Select(one => one.IsRight)];
        double sum = 0;
        for (int percent = 0; percent <= 100; percent++)
        {
            sum += Enumerable
                .Range(1, right.Length)
                .Where(taken => right.Take(taken).Count(isRight => isRight) >= (percent * 0.01 * people.Count))
                .Select(taken => right.Take(taken).Count(isRight => isRight) / (double)taken)
                .DefaultIfEmpty(0)
                .Max();
        }
        return sum / 101;
    }

    private static double ScoreOf(double[] noted) =>
        Enumerable.Range(0, Joints).Average(joint => noted[(3 * joint) + 2]);

    private static double Oks(Person person, double[] noted, double[] doubledSigmas)
    {
        double area = 0.53 * person.Bounds.Width * person.Bounds.Height;
        return Enumerable
            .Range(0, Joints)
            .Where(person.IsVisible)
            .Average(joint =>
            {
                (double x, double y) = person.JointAt(joint);
                double distance = double.Hypot(noted[3 * joint] - x, noted[(3 * joint) + 1] - y);
                return double.IsNaN(distance)
                    ? 0
                    : Math.Exp(-distance * distance / (2 * area * doubledSigmas[joint] * doubledSigmas[joint]));
            });
    }
}
