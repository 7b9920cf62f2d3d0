using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Tensors;

public sealed class TensorArithmeticTests
{
    private static readonly float[] Values = [-2, 0.5f, 3];

    public static TheoryData<string, float[]> Operations { get; } =
        new()
        {
            { nameof(TensorArithmetic.Plus), [-1.75f, 0.75f, 3.25f] },
            { nameof(TensorArithmetic.Times), [-0.5f, 0.125f, 0.75f] },
            { nameof(TensorArithmetic.Over), [-8, 2, 12] },
            { nameof(TensorArithmetic.Squared), [4, 0.25f, 9] },
            { nameof(TensorArithmetic.Within), [-0.25f, 0.25f, 0.25f] },
            { nameof(TensorArithmetic.FillInPlace), [0.25f, 0.25f, 0.25f] },
        };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_OfNumber_GivesWhatItSays(string operation, float[] expected)
    {
        using var scope = NewDisposeScope();

        Tensor result = Apply(operation, tensor(Values), 0.25);

        Assert.Equal(expected, result.data<float>().ToArray());
    }

    [Fact]
    public void Plus_OfTensors_Broadcasts()
    {
        using var scope = NewDisposeScope();

        Tensor sum = tensor(Values).Plus(ones([2, 1]));

        Assert.Equal([2, 3], sum.shape);
        Assert.Equal([-1, 1.5f, 4, -1, 1.5f, 4], sum.data<float>().ToArray());
    }

    [Fact]
    public void CountingUp_WholeNumbers_StopsBelowTheCount()
    {
        using var scope = NewDisposeScope();

        Tensor numbers = TensorArithmetic.CountingUp(4, ScalarType.Int64, CPU);

        Assert.Equal([0L, 1, 2, 3], numbers.data<long>().ToArray());
    }

    // With TorchSharp's own x + y and 3·x this fails within a second, once it is compiled in full: the collector frees the number during the call.
    [Fact]
    public async Task Operations_WhileTheCollectorRuns_KeepTheirNumbers()
    {
        using var end = new CancellationTokenSource();
        Task collector = Task.Run(() => CollectUntil(end.Token), TestContext.Current.CancellationToken);

        double[] wrong = await Task.Run(() => WrongResults(20_000), TestContext.Current.CancellationToken);
        await end.CancelAsync();
        await collector;

        Assert.Empty(wrong);
    }

    private static double[] WrongResults(int rounds)
    {
        List<double> wrong = [];
        for (int round = 0; round < rounds; round++)
        {
            using var scope = NewDisposeScope();
            float result = full([8], 2.0).Times(3).Plus(full([8], 1.0)).Plus(round).sum().item<float>() / 8;
            if (Math.Abs(result - (7 + round)) > 1e-2)
            {
                wrong.Add(result);
            }
        }
        return [.. wrong];
    }

    private static void CollectUntil(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
#pragma warning disable RS0030 // the collector is what is tested
            GC.Collect(0);
#pragma warning restore RS0030
            GC.WaitForPendingFinalizers();
        }
    }

    private static Tensor Apply(string operation, Tensor x, double a) =>
        operation switch
        {
            nameof(TensorArithmetic.Plus) => x.Plus(a),
            nameof(TensorArithmetic.Times) => x.Times(a),
            nameof(TensorArithmetic.Over) => x.Over(a),
            nameof(TensorArithmetic.Squared) => x.Squared(),
            nameof(TensorArithmetic.Within) => x.Within(-a, a),
            _ => x.FillInPlace(a),
        };
}
