using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class FusedAdamWTests
{
    [Fact]
    public void Step_ManyTimes_EqualsTorchSharpsButForTheLastPlace()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor start = randn(1003, generator: generator);
        Tensor[] gradients = [.. Enumerable.Range(0, 5).Select(_ => randn(1003, generator: generator))];
        double[] rates = [1e-3, 2e-3, 0, 5e-4, 1e-2];
        var reference = new TorchSharp.Modules.Parameter(start.clone());
        using var theirs = optim.AdamW([reference], beta1: 0.9, beta2: 0.99, eps: 1e-7, weight_decay: 0.05);
        Tensor values = start.clone();
        using var ours = new FusedAdamW(
            values,
            new AdamWOptions
            {
                Beta1 = 0.9,
                Beta2 = 0.99,
                Epsilon = 1e-7,
                WeightDecay = 0.05,
            }
        );

        for (int step = 0; step < rates.Length; step++)
        {
            reference.grad = gradients[step];
            foreach (var group in theirs.ParamGroups)
            {
                group.LearningRate = rates[step];
            }
            theirs.step();
            ours.Step(gradients[step], rates[step]);
        }

        Assert.Equal(5, ours.StepCount);
        Fixture.AssertClose(values, reference, 2.5e-7, "self-test/adamw"); // one unit in the last place
    }

    [Fact]
    public void Restore_AfterSomeSteps_GoesOnBitEqually()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4, CPU);
        Tensor straight = randn(100, generator: generator);
        Tensor gradient = randn(100, generator: generator);
        using var optimizer = new FusedAdamW(straight, new AdamWOptions());
        optimizer.Step(gradient, 1e-2);
        Tensor resumed = straight.clone();
        using var other = new FusedAdamW(resumed, new AdamWOptions());
        other.Restore(optimizer.StepCount, optimizer.Mean, optimizer.Square);

        optimizer.Step(gradient, 1e-2);
        other.Step(gradient, 1e-2);

        Assert.Equal(2, other.StepCount);
        Assert.Equal(TinyUNet.Floats(straight), TinyUNet.Floats(resumed));
    }

    [Fact]
    public void WrongArguments_AreRefused()
    {
        using var scope = NewDisposeScope();
        Tensor values = zeros(8);
        using var optimizer = new FusedAdamW(values, new AdamWOptions());

        Assert.Throws<ArgumentException>(() => new FusedAdamW(values, new AdamWOptions { Beta1 = 1 }));
        Assert.Throws<ArgumentException>(() => new FusedAdamW(values, new AdamWOptions { Epsilon = 0 }));
        Assert.Throws<ArgumentException>(() => new FusedAdamW(values, new AdamWOptions { WeightDecay = -1 }));
        Assert.Throws<ArgumentException>(() => new FusedAdamW(zeros(2, 2), new AdamWOptions()));
        Assert.Throws<ArgumentException>(() => optimizer.Step(zeros(7), 1e-3));
        Assert.Throws<ArgumentException>(() => optimizer.Step(zeros(8), double.NaN));
        Assert.Throws<ArgumentException>(() => optimizer.Restore(1, zeros(8), zeros(7)));
        Assert.Equal(0, optimizer.StepCount);
    }

    [Fact]
    public void Step_AndDispose_LeaveNoTensors()
    {
        using Tensor values = zeros(8);
        using Tensor gradients = ones(8);

        LeakAssert.Leaves(
            0,
            () =>
            {
                using var optimizer = new FusedAdamW(values, new AdamWOptions());
                optimizer.Step(gradients, 1e-3);
                optimizer.Step(gradients, 1e-3);
            }
        );
    }
}
