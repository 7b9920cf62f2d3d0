using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

/// <summary>
/// Points by a rule in whole numbers, which a few lines of Python give as well: the expected numbers of these tests were computed from
/// them with scikit-learn 1.2.1 and numpy 1.24.2.
/// </summary>
internal static class RulePoints
{
    private static readonly double[][] _three =
    [
        [0, 0, 0, 0],
        [6, 0, -6, 0],
        [0, 6, 6, 0],
    ];
    private static readonly double[][] _near =
    [
        [0, 0],
        [1.4, 0.9],
    ];

    /// <summary>60 points of 4 features in three clusters that lie apart.</summary>
    public static Tensor Apart() => Make(60, _three);

    /// <summary>80 points of 2 features in two clusters that overlap.</summary>
    public static Tensor Overlapping() => Make(80, _near);

    /// <summary>Three points: near one cluster, near another, near none.</summary>
    public static Tensor Queries() =>
        tensor([0.1, 0.2, 0.3, 0.4, 5.5, 0.4, -5, 0.2, 2, 2, 2, 2], [3, 4], ScalarType.Float64);

    private static Tensor Make(int count, double[][] centres)
    {
        int features = centres[0].Length;
        double[] values = new double[count * features];
        for (int i = 0; i < values.Length; i++)
        {
            (long n, long d) = (i / features, i % features);
            long step = ((n * n * 17) + (d * d * 13) + (n * 7919) + (d * 104729) + (n * d * 31)) % 201;
            values[i] = ((step - 100) / 100.0) + centres[n % centres.Length][d];
        }
        return tensor(values, [count, features], ScalarType.Float64);
    }
}
