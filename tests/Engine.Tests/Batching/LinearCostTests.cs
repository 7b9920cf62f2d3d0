using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class LinearCostTests
{
    private readonly LinearCost _cost = new();

    [Fact]
    public void Line_BeforeAnyMeasurement_IsUnknownAndAboveZero()
    {
        Assert.False(_cost.Line.IsKnown);
        Assert.True(_cost.Line.At(64 * 64) > 0);
    }

    [Fact]
    public void Line_OneSize_IsProportional()
    {
        Observe(1_000, 2, times: 10);

        Assert.Equal(2, _cost.Line.At(1_000), 0.01);
        Assert.Equal(4, _cost.Line.At(2_000), 0.05);
    }

    [Fact]
    public void Line_SeveralSizes_FindsBothParts()
    {
        for (int i = 0; i < 50; i++)
        {
            double amount = 1_000 * (1 + i % 4);
            _cost.Observe(amount, 0.5 + 0.001 * amount);
        }

        Assert.Equal(0.5, _cost.Line.Constant, 0.05);
        Assert.Equal(0.001, _cost.Line.Slope, 0.00005);
    }

    [Fact]
    public void Line_MeasurementsWithNoise_IsCloseToTheTruth()
    {
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            double amount = 1_000 * (1 + i % 5);
            _cost.Observe(amount, (0.5 + 0.001 * amount) * (0.9 + 0.2 * random.NextDouble()));
        }

        Assert.All([1_000, 2_500, 5_000], x => Assert.InRange(_cost.Line.At(x) / (0.5 + 0.001 * x), 0.95, 1.05));
    }

    [Fact]
    public void Line_SingleOutlier_HardlyMovesIt()
    {
        Observe(1_000, 2, times: 50);

        _cost.Observe(1_000, 500);

        Assert.InRange(_cost.Line.At(1_000), 1.9, 2.2);
    }

    [Fact]
    public void Line_MachineBecomesSlower_Follows()
    {
        Observe(1_000, 2, times: 50);

        Observe(1_000, 20, times: 60);

        Assert.InRange(_cost.Line.At(1_000), 12, 20.5);
    }

    [Fact]
    public void Line_FarLargerThanBefore_IsBelievedAtOnce()
    {
        // The constant part was all there was at the small size.
        _cost.Observe(1_000, 1);

        _cost.Observe(64_000, 1.2);

        Assert.InRange(_cost.Line.At(64_000), 1.1, 1.3);
        Assert.InRange(_cost.Line.At(1_000), 0.9, 1.1);
    }

    [Fact]
    public void Line_ClockThatStands_StillCostsSomething()
    {
        Observe(1_000, 0, times: 10);

        Assert.True(_cost.Line.At(1_000) > 0);
        Assert.True(_cost.Line.At(2_000) > _cost.Line.At(1_000));
    }

    [Fact]
    public void Work_OfAShape_IsItsParts()
    {
        var costs = new CostEstimate
        {
            StepLine = new Line(0.1, 1e-6),
            PrepareLine = new Line(0.2, 0),
            FinishLine = new Line(0.4, 0),
            LargestStep = 3 * 64 * 64,
        };
        var shape = new EditShape(new(64, 64), 3, 10);

        Assert.Equal(0.2 + 10 * (0.1 + 0.012288) + 0.4, costs.Work(shape), 1e-9);
        Assert.Equal(4 * (0.1 + 0.012288) + 0.4, costs.Rest(shape, stepsDone: 6), 1e-9);
        Assert.True(costs.IsMeasured(shape));
        Assert.False(costs.IsMeasured(shape with { WorkingSize = new(128, 128) }));
        Assert.True(costs.AtLeast(shape with { WorkingSize = new(512, 512) }) < 0.02);
    }

    [Fact]
    public void Accuracy_Ratios_AreToldByQuantiles()
    {
        var accuracy = new Accuracy();
        Assert.Null(accuracy.Read());

        for (int i = 1; i <= 1_000; i++)
        {
            accuracy.Add(i <= 744 ? 100 : (i - 744) / 256.0); // the last 256: evenly from 0 to 1
        }

        PredictionError error = accuracy.Read().GetValueOrDefault();
        Assert.Equal(256, error.Count);
        Assert.Equal(0.5, error.P50, 0.01);
        Assert.Equal(0.95, error.P95, 0.01);
    }

    private void Observe(double amount, double seconds, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _cost.Observe(amount, seconds);
        }
    }
}
