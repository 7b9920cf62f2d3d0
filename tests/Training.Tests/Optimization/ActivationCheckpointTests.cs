using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

/// <summary>Alone, because native memory is counted for the whole process.</summary>
[Collection(nameof(ActivationCheckpointTests))]
[CollectionDefinition(nameof(ActivationCheckpointTests), DisableParallelization = true)]
public sealed class ActivationCheckpointTests
{
    [Fact]
    public void Backward_OfACheckpointedUNet_GivesTheSameLossAndGradients()
    {
        using var scope = NewDisposeScope();
        (float plainLoss, Tensor plain) = LossAndGradients(checkpoint: false);
        (float loss, Tensor gradients) = LossAndGradients(checkpoint: true);

        Assert.Equal(plainLoss, loss);
        double scale = plain.abs().max().item<float>();
        Fixture.AssertClose(gradients, plain, 1e-6 * scale, "self-test/checkpointed gradients");
    }

    [Fact]
    public void Run_APart_IsRunAgainInTheBackwardPassAlone()
    {
        using var scope = NewDisposeScope();
        int runs = 0;
        Tensor factor = tensor(3f).requires_grad_(true);
        Tensor x = tensor(2f).requires_grad_(true);
        Tensor constant = tensor(5f);

        Tensor y = ActivationCheckpoint.Run(
            inputs =>
            {
                runs++;
                return inputs[0] * inputs[0] * factor + inputs[1];
            },
            x,
            constant
        );

        Assert.Equal(17, y.item<float>());
        Assert.Equal(1, runs);
        ActivationCheckpoint.Backward(y);
        Assert.Equal(2, runs);
        Assert.Equal(12, x.grad!.item<float>());
        Assert.Equal(4, factor.grad!.item<float>());
        Assert.Null(constant.grad);
    }

    [Fact]
    public void Run_WithoutGradients_RunsPlainly()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(2f).requires_grad_(true);
        Tensor constant = tensor(2f);
        Tensor factor = tensor(3f).requires_grad_(true);

        Tensor fromConstant = ActivationCheckpoint.Run(inputs => inputs[0] * factor, constant);
        ActivationCheckpoint.Backward(fromConstant);
        using (no_grad())
        {
            Assert.False(ActivationCheckpoint.Run(inputs => inputs[0] * factor, x).requires_grad);
        }

        Assert.Equal(2, factor.grad!.item<float>());
    }

    [Fact]
    public void Backward_PartThatThrows_IsThrownAfterwardsAndTheNextPassIsWell()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(2f).requires_grad_(true);
        bool fails = false;
        Tensor Part(IReadOnlyList<Tensor> inputs) =>
            fails ? throw new InvalidOperationException("broken part") : inputs[0].square();
        Tensor Network()
        {
            Tensor first = ActivationCheckpoint.Run(Part, x);
            return ActivationCheckpoint.Run(Part, first);
        }

        Tensor loss = Network();
        fails = true;
        var thrown = Assert.Throws<InvalidOperationException>(() => ActivationCheckpoint.Backward(loss));
        fails = false;
        ActivationCheckpoint.Backward(Network());

        Assert.Equal("broken part", thrown.Message);
        Assert.Equal(32, x.grad!.item<float>());
    }

    [Fact]
    public void Steps_OfACheckpointedUNet_LeaveNoTensors()
    {
        using UNet2DConditionModel unet = TinyUNet.Build(1);
        unet.CheckpointActivations = true;
        using var parameters = new FlatParameters(("unet", unet));
        using FlatReplica replica = parameters.Attach(("unet", unet));

        LeakAssert.Leaves(
            0,
            () =>
            {
                for (int step = 0; step < 20; step++)
                {
                    using var scope = NewDisposeScope();
                    ActivationCheckpoint.Backward(TinyUNet.Loss(unet, 0, 1));
                }
            }
        );
    }

    [Fact]
    public void Replicas_OnTwoThreads_GiveTheGradientsOfOne()
    {
        using var scope = NewDisposeScope();
        (_, Tensor expected) = LossAndGradients(checkpoint: false);
        UNet2DConditionModel[] unets = [TinyUNet.Build(1), TinyUNet.Build(1)];
        using var parameters = new FlatParameters(("unet", unets[0]));
        FlatReplica[] replicas = [.. unets.Select(unet => parameters.Attach(("unet", unet)))];
        Thread[] threads =
        [
            .. unets.Select(
                (unet, part) =>
                    new Thread(() =>
                    {
                        using var threadScope = NewDisposeScope();
                        unet.CheckpointActivations = true;
                        ActivationCheckpoint.Backward(TinyUNet.Loss(unet, 2 * part, (2 * part) + 2));
                    })
            ),
        ];

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        double scale = expected.abs().max().item<float>();
        Fixture.AssertClose(FlatReplica.Sum(replicas), expected, 2e-6 * scale, "self-test/checkpointed replicas");
        Array.ForEach(replicas, replica => replica.Dispose());
    }

    [Fact]
    public void Forward_OfACheckpointedUNet_KeepsLessMemory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "native memory is counted by glibc's mallinfo2");
        using var scope = NewDisposeScope();
        using UNet2DConditionModel unet = TinyUNet.Build(1);

        long plain = KeptBytes();
        unet.CheckpointActivations = true;
        long checkpointed = KeptBytes();

        Assert.True(checkpointed < plain / 2, $"{checkpointed} bytes kept, {plain} without");

        long KeptBytes()
        {
            using var forwardScope = NewDisposeScope();
            Tensor sample = randn(4, 8, 32, 32);
            Tensor context = randn(4, 5, TinyUNet.Context);
            Tensor timesteps = tensor(new long[] { 1, 2, 3, 4 });
            long before = AllocatedBytes();
            using Tensor loss = unet.call(sample, timesteps, context).sum();
            return AllocatedBytes() - before;
        }
    }

    private static (float Loss, Tensor Gradients) LossAndGradients(bool checkpoint)
    {
        using var scope = NewDisposeScope();
        using UNet2DConditionModel unet = TinyUNet.Build(1);
        unet.CheckpointActivations = checkpoint;
        using var parameters = new FlatParameters(("unet", unet));
        using FlatReplica replica = parameters.Attach(("unet", unet));
        Tensor loss = TinyUNet.Loss(unet, 0, 4);
        ActivationCheckpoint.Backward(loss);
        return (loss.item<float>(), replica.Gradients.clone().MoveToOuterDisposeScope());
    }

    private static long AllocatedBytes()
    {
        MallocInformation information = mallinfo2();
        return (long)(information.InUse + information.Mapped);
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern MallocInformation mallinfo2();

    /// <summary>glibc's struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallocInformation
    {
        private readonly nuint _arena;
        private readonly nuint _freeChunks;
        private readonly nuint _fastChunks;
        private readonly nuint _mappedChunks;
        public readonly nuint Mapped;
        private readonly nuint _unused;
        private readonly nuint _fastBytes;
        public readonly nuint InUse;
        private readonly nuint _freeBytes;
        private readonly nuint _trimmable;
    }
}
