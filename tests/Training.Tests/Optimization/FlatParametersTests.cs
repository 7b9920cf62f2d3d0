using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class FlatParametersTests
{
    [Fact]
    public void Layout_OfTwoModules_IsAlignedAndNamedByPrefix()
    {
        using var scope = NewDisposeScope();
        Linear first = nn.Linear(3, 5);
        Linear second = nn.Linear(2, 2);
        second.bias!.requires_grad = false;

        FlatLayout layout = FlatLayout.Of(("a", first), ("b", second));

        Assert.Equal(["a.weight", "a.bias", "b.weight"], layout.Slices.Select(slice => slice.Name));
        Assert.Equal([0, 16, 32], layout.Slices.Select(slice => slice.Offset));
        Assert.Equal([5, 3], layout.Slices[0].Shape);
        Assert.Equal(48, layout.Length);
        Assert.Equal(24, layout.ParameterCount);
    }

    [Fact]
    public void Layout_WithoutTrainedParametersOrWithOneNameTwice_IsRefused()
    {
        using var scope = NewDisposeScope();
        Linear linear = nn.Linear(2, 2);
        Linear frozen = nn.Linear(2, 2);
        frozen.weight!.requires_grad = false;
        frozen.bias!.requires_grad = false;

        Assert.Throws<ArgumentException>(() => FlatLayout.Of(("a", frozen)));
        Assert.Throws<ArgumentException>(() => FlatLayout.Of(("a", linear), ("a", nn.Linear(2, 2))));
    }

    [Fact]
    public void Attach_Model_ComputesTheSameWithTheSameNamesAndSharesTheBuffer()
    {
        using var scope = NewDisposeScope();
        UNet2DConditionModel unet = TinyUNet.Build(1);
        string[] names = [.. unet.state_dict().Keys];
        float before = TinyUNet.Loss(unet, 0, 4).item<float>();
        using var parameters = new FlatParameters(("unet", unet));

        using FlatReplica replica = parameters.Attach(("unet", unet));

        Assert.Equal(names, unet.state_dict().Keys);
        Assert.Equal(before, TinyUNet.Loss(unet, 0, 4).item<float>());
        Assert.All(unet.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.is_leaf));
        parameters.Values.mul_(0.5);
        Assert.NotEqual(before, TinyUNet.Loss(unet, 0, 4).item<float>());
        IReadOnlyDictionary<string, Tensor> named = parameters.Layout.Named(parameters.Values, "unet");
        foreach ((string name, Parameter parameter) in unet.named_parameters())
        {
            Assert.Equal(TinyUNet.Floats(named[name]), TinyUNet.Floats(parameter));
        }
        using (no_grad())
        {
            unet.named_parameters().First().parameter.fill_(7);
        }
        Assert.Equal(7, parameters.Values[0].item<float>());
    }

    [Fact]
    public void Gradients_OfTwoBackwardPasses_AddUpInTheFlatBuffer()
    {
        using var scope = NewDisposeScope();
        UNet2DConditionModel plain = TinyUNet.Build(1);
        TinyUNet.Loss(plain, 0, 4).backward();
        UNet2DConditionModel unet = TinyUNet.Build(1);
        using var parameters = new FlatParameters(("unet", unet));
        using FlatReplica replica = parameters.Attach(("unet", unet));

        TinyUNet.Loss(unet, 0, 4).backward();
        float[] once = TinyUNet.Floats(replica.Gradients);
        TinyUNet.Loss(unet, 0, 4).backward();
        float[] twice = TinyUNet.Floats(replica.Gradients);
        replica.Clear();

        IReadOnlyDictionary<string, Tensor> named = parameters.Layout.Named(tensor(once), "unet");
        foreach ((string name, Parameter parameter) in plain.named_parameters())
        {
            Assert.Equal(TinyUNet.Floats(parameter.grad!), TinyUNet.Floats(named[name]));
        }
        Assert.Equal(Array.ConvertAll(once, value => 2 * value), twice);
        Assert.All(TinyUNet.Floats(replica.Gradients), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Replicas_OnTwoThreads_SumToTheGradientOfTheWholeBatchAndFollowAStep()
    {
        using var scope = NewDisposeScope();
        UNet2DConditionModel whole = TinyUNet.Build(1);
        using var wholeParameters = new FlatParameters(("unet", whole));
        using FlatReplica wholeReplica = wholeParameters.Attach(("unet", whole));
        TinyUNet.Loss(whole, 0, 4).backward();
        UNet2DConditionModel[] unets = [TinyUNet.Build(1), TinyUNet.Build(2)];
        using var parameters = new FlatParameters(("unet", unets[0]));
        using FlatReplica first = parameters.Attach(("unet", unets[0]));
        using FlatReplica second = parameters.Attach(("unet", unets[1]));

        RunOnThreads(() => TinyUNet.Loss(unets[0], 0, 2).backward(), () => TinyUNet.Loss(unets[1], 2, 4).backward());
        Tensor sum = FlatReplica.Sum(first, second);

        Tensor expected = wholeReplica.Gradients;
        double scale = expected.abs().max().item<float>();
        Fixture.AssertClose(sum, expected, 2e-6 * scale, "self-test/replica gradients");
        using var optimizer = new FusedAdamW(parameters.Values, new AdamWOptions());
        float before = TinyUNet.Loss(unets[0], 0, 4).item<float>();
        optimizer.Step(sum, 1e-3);
        float after = TinyUNet.Loss(unets[0], 0, 4).item<float>();
        Assert.True(after < before, $"{after} is not below {before}");
        Assert.Equal(after, TinyUNet.Loss(unets[1], 0, 4).item<float>());
    }

    [Fact]
    public void Attach_ModulesThatDoNotFit_AreRefusedUnchanged()
    {
        using var scope = NewDisposeScope();
        using var parameters = new FlatParameters(("a", nn.Linear(3, 5)));
        Linear wider = nn.Linear(4, 5);
        Linear fitting = nn.Linear(3, 5);

        Assert.Throws<ArgumentException>(() => parameters.Attach(("a", wider)));
        Assert.Throws<ArgumentException>(() => parameters.Attach(("b", fitting)));
        var extra = Assert.Throws<ArgumentException>(() => parameters.Attach(("a", fitting), ("b", wider)));
        Assert.Contains("b.weight", extra.Message, StringComparison.Ordinal);
        Assert.Null(fitting.weight!.grad);
    }

    [Fact]
    public void Dispose_ModelAndReplica_InAnyOrder()
    {
        using var scope = NewDisposeScope();
        Linear first = nn.Linear(3, 5);
        Linear second = nn.Linear(3, 5);
        using var parameters = new FlatParameters(("a", first));
        FlatReplica ofFirst = parameters.Attach(("a", first));
        FlatReplica ofSecond = parameters.Attach(("a", second));

        first.Dispose();
        ofFirst.Dispose();
        ofSecond.Dispose();
        parameters.Dispose();

        Assert.Null(second.weight!.grad);
        Assert.Equal(15, TinyUNet.Floats(second.weight!).Length);
    }

    [Fact]
    public void CopyTo_OtherModules_OverwritesTheirParametersAlone()
    {
        using var scope = NewDisposeScope();
        Linear source = nn.Linear(2, 2);
        Linear target = nn.Linear(2, 2);
        FlatLayout layout = FlatLayout.Of(("a", source));
        Tensor flat = arange(layout.Length, ScalarType.Float32);

        layout.CopyTo(flat, ("a", target));

        Assert.Equal([0, 1, 2, 3], TinyUNet.Floats(target.weight!));
        Assert.Equal([16, 17], TinyUNet.Floats(target.bias!));
        Assert.Throws<ArgumentException>(() => layout.CopyTo(flat, ("a", nn.Linear(3, 2))));
        Assert.Throws<ArgumentException>(() => layout.CopyTo(zeros(3), ("a", target)));
    }

    [Fact]
    public void Steps_AttachAndDispose_LeaveNoTensors()
    {
        using UNet2DConditionModel unet = TinyUNet.Build(1);

        LeakAssert.Leaves(
            0,
            () =>
            {
                using var parameters = new FlatParameters(("unet", unet));
                using FlatReplica replica = parameters.Attach(("unet", unet));
                using var optimizer = new FusedAdamW(parameters.Values, new AdamWOptions());
                using var average = new FlatEma(parameters.Values, 0.99);
                for (int step = 0; step < 3; step++)
                {
                    replica.Clear();
                    using (Tensor loss = TinyUNet.Loss(unet, 0, 1))
                    {
                        loss.backward();
                    }
                    replica.Collect();
                    GradientClipping.Clip(FlatReplica.Sum(replica), 1);
                    optimizer.Step(replica.Gradients, 1e-3);
                    parameters.Refresh();
                    average.Update(parameters.Values);
                }
                parameters.Layout.CopyTo(average.Values, ("unet", unet));
            }
        );
    }

    private static void RunOnThreads(params Action[] work)
    {
        Thread[] threads =
        [
            .. work.Select(action => new Thread(() =>
            {
                using var scope = NewDisposeScope();
                action();
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }
}
