using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Evaluation;

/// <summary>The truth as the answer gets (nearly) everything, the source as the answer nothing.</summary>
public sealed class PictureMeasureTests : IDisposable
{
    private const int Count = 12;

    private readonly DemoSources _sources = new();
    private readonly DemoFolder _folder;

    public PictureMeasureTests() => _folder = _sources.Open();

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Of_SegmentationTarget_FindsTheMask()
    {
        foreach (DemoTruth truth in Pairs(DemoTask.Segmentation))
        {
            Measurement[] right = PictureMeasure.Of(truth, truth.Source, truth.Target);
            Measurement[] nothing = PictureMeasure.Of(truth, truth.Source, truth.Source);

            if (truth.Mask is null)
            {
                Assert.Equal([Measurement.None, Measurement.None, Measurement.Of(0)], right);
                continue;
            }
            Assert.True(right[0].Numerator / right[0].Denominator > 85, "the median takes corners and thin parts only");
            Assert.Equal(right[0].Numerator / right[0].Denominator, right[1].Numerator, 1e-9);
            Assert.Equal((0, truth.Mask.Count(set => set)), (nothing[0].Numerator, nothing[0].Denominator));
        }
    }

    [Fact]
    public void Of_KeypointTarget_FindsThePoint()
    {
        foreach (DemoTruth truth in Pairs(DemoTask.Keypoints))
        {
            Assert.Equal(
                [Measurement.Rate(true), Measurement.Rate(true)],
                PictureMeasure.Of(truth, truth.Source, truth.Target)
            );
            Assert.Equal(
                [Measurement.Rate(false), Measurement.Rate(false)],
                PictureMeasure.Of(truth, truth.Source, truth.Source)
            );
        }
    }

    [Theory]
    [InlineData(DemoTask.Removal, 3)]
    [InlineData(DemoTask.Addition, 3)]
    [InlineData(DemoTask.Replacement, 3)]
    [InlineData(DemoTask.Recolouring, 3)]
    [InlineData(DemoTask.Denoise, 1)]
    [InlineData(DemoTask.Deblur, 1)]
    [InlineData(DemoTask.Watermark, 1)]
    public void Of_Target_HasNoNoise(string task, int figures)
    {
        foreach (DemoTruth truth in Pairs(task))
        {
            Measurement[] right = PictureMeasure.Of(truth, truth.Source, truth.Target);
            Measurement[] nothing = PictureMeasure.Of(truth, truth.Source, truth.Source);

            Assert.Equal(FigureKind.Of(task).Count, right.Length);
            Assert.Equal(figures, right.Length);
            Assert.All(right, measurement => Assert.True(measurement.Denominator == 0 || measurement.Numerator == 60));
            Assert.True(nothing[0].Numerator < 60);
        }
    }

    private IEnumerable<DemoTruth> Pairs(string task)
    {
        var plan = new EvaluationPlan
        {
            Split = DemoSplit.HeldOut,
            Resolution = 64,
            Count = Count,
            Tasks = [task],
            Seed = 2,
        };
        var made = new EvaluationPairs(_folder, plan, task);
        EvaluatedPair[] pairs = [.. Enumerable.Range(0, made.Count).Select(index => made[index])];
        Assert.Equal(Count, pairs.Length);
        Assert.All(pairs, pair => Assert.Equal(task, pair.Truth.Task));
        Assert.All(pairs, pair => Assert.NotEmpty(pair.Instruction));
        return pairs.Select(pair => pair.Truth);
    }
}
