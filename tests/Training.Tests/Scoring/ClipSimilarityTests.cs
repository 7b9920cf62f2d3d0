using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring;

public sealed class ClipSimilarityTests
{
    [Fact]
    public void Cosine_KnownAngles_AreExact()
    {
        using var scope = NewDisposeScope();

        float[] cosines = ClipSimilarity.Cosine(
            Rows([1, 0], [1, 0], [1, 0], [0.6, 0.8]),
            Rows([1, 0], [0, 1], [-1, 0], [0.8, 0.6])
        );

        Assert.Equal([1, 0, -1], cosines[..3]);
        Assert.Equal(0.96, cosines[3], 1e-6);
    }

    [Fact]
    public void Directional_PicturesThatChangeAsTheirTexts_IsOneAndOppositeMinusOne()
    {
        using var scope = NewDisposeScope();
        Tensor before = Rows([1, 0, 0], [1, 0, 0], [1, 0, 0]);
        Tensor after = Rows([0, 1, 0], [0, 1, 0], [0, 1, 0]);

        float[] scores = ClipSimilarity.Directional(
            before,
            after,
            Rows([1, 0, 0], [0, 1, 0], [0, 0, 1]),
            Rows([0, 1, 0], [1, 0, 0], [0.6, 0, 0.8])
        );

        Assert.Equal(1, scores[0], 1e-6);
        Assert.Equal(-1, scores[1], 1e-6);
        // (−1, 1, 0) and (0.6, 0, −0.2), of lengths √2 and √0.4
        Assert.Equal(-0.6 / Math.Sqrt(0.8), scores[2], 1e-6);
    }

    [Fact]
    public void Directional_WhereNothingChanges_IsZeroAndNotRoundingsDirection()
    {
        using var scope = NewDisposeScope();
        Tensor one = Rows([0.6, 0.8], [0.6, 0.8]);
        Tensor other = Rows([0.6, 0.8], [0.6 + 1e-7, 0.8 - 1e-7]);
        Tensor moved = Rows([0.8, 0.6], [0.8, 0.6]);

        Assert.Equal([0f, 0f], ClipSimilarity.Directional(one, other, one, moved));
        Assert.Equal([0f, 0f], ClipSimilarity.Directional(one, moved, one, other));
    }

    [Fact]
    public void Scores_RandomVectors_AgreeWithPlainArithmetic()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        Tensor[] v = [.. Enumerable.Range(0, 4).Select(_ => ClipModel.Normalize(randn([5, 24], generator: generator)))];
        double[][][] plain = [.. v.Select(Plain)];

        float[] cosines = ClipSimilarity.Cosine(v[0], v[3]);
        float[] directions = ClipSimilarity.Directional(v[0], v[1], v[2], v[3]);

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(Dot(plain[0][i], plain[3][i]), cosines[i], 1e-6);
            double[] pictures = [.. plain[1][i].Zip(plain[0][i], (to, from) => to - from)];
            double[] texts = [.. plain[3][i].Zip(plain[2][i], (to, from) => to - from)];
            double lengths = Math.Sqrt(Dot(pictures, pictures) * Dot(texts, texts));
            Assert.Equal(Dot(pictures, texts) / lengths, directions[i], 1e-6);
        }
    }

    [Fact]
    public void Scores_OtherShapes_AreRefused()
    {
        using var scope = NewDisposeScope();

        Assert.Throws<ArgumentException>(() => ClipSimilarity.Cosine(Rows([1, 0]), Rows([1, 0, 0])));
        Assert.Throws<ArgumentException>(() =>
            ClipSimilarity.Directional(Rows([1, 0]), Rows([1, 0]), Rows([1, 0], [1, 0]), Rows([1, 0]))
        );
    }

    private static Tensor Rows(params double[][] rows) =>
        tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length], ScalarType.Float32);

    private static double[][] Plain(Tensor rows) =>
        [.. rows.to(ScalarType.Float64).data<double>().ToArray().Chunk((int)rows.size(1))];

    private static double Dot(double[] one, double[] other) => one.Zip(other, (a, b) => a * b).Sum();
}
