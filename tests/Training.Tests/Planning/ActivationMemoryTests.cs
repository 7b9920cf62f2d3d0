using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Counting;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Planning;

/// <summary>
/// The estimate against what the process grows by in a forward pass whose graph is kept. Alone: other tests would grow it too.
/// </summary>
[Collection(nameof(ActivationMemoryTests))]
[CollectionDefinition(nameof(ActivationMemoryTests), DisableParallelization = true)]
public sealed partial class ActivationMemoryTests
{
    /// <summary>What the allocator keeps for itself, and what the estimate leaves out.</summary>
    private const double Factor = 1.2;

    private const int Tries = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KeptBytes_UNet_IsWhatMemoryGrowsBy(bool checkpointed)
    {
        using var scope = NewDisposeScope();
        using var unet = new UNet2DConditionModel(TinyShapes.UNet, ModelPlacement.Cpu);
        RandomWeights.Fill(unet, 1);
        unet.CheckpointActivations = checkpointed;
        Tensor sample = zeros(6, 8, 64, 64);
        Tensor timesteps = zeros(6);
        Tensor context = zeros(6, 77, TinyShapes.UNet.CrossAttentionDim);

        AssertGrowth(unet, () => unet.call(sample, timesteps, context));
    }

    [Fact]
    public void KeptBytes_TextEncoder_IsWhatMemoryGrowsBy()
    {
        using var scope = NewDisposeScope();
        using var text = new ClipTextModel(TinyShapes.Text, ModelPlacement.Cpu);
        RandomWeights.Fill(text, 1);
        Tensor ids = zeros([512, 77], ScalarType.Int64);

        AssertGrowth(text, () => text.call(ids));
    }

    [Fact]
    public void KeptBytes_Autoencoder_IsWhatMemoryGrowsBy()
    {
        using var scope = NewDisposeScope();
        using var autoencoder = new AutoencoderKL(TinyShapes.Autoencoder, ModelPlacement.Cpu);
        RandomWeights.Fill(autoencoder, 1);
        Tensor picture = zeros(6, 3, 128, 128);

        AssertGrowth(
            autoencoder,
            () =>
            {
                DiagonalGaussian posterior = autoencoder.Encode(picture);
                return autoencoder.Decode(posterior.Mean);
            }
        );
    }

    private static void AssertGrowth(nn.Module model, Func<Tensor> pass)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the C library of Linux to give free memory back first");
        long estimated = 0;
        var growths = new List<long>();
        // One alone is disturbed by what the runtime takes meanwhile, or by what the allocator has left over.
        for (int i = 0; i < Tries; i++)
        {
            using var counter = new ActivationCounter(model);
            _ = TrimHeap(0);
            long before = Environment.WorkingSet;
            using Tensor kept = pass();
            _ = TrimHeap(0);
            growths.Add(Environment.WorkingSet - before);
            estimated = counter.KeptBytes(sizeof(float));
            GC.KeepAlive(kept);
        }
        long grown = growths.Order().ElementAt(Tries / 2);
        TestContext.Current.SendDiagnosticMessage(
            $"{model.GetName()}: {estimated >> 20} MiB estimated, {grown >> 20} grown"
        );
        Assert.InRange(grown, estimated / Factor, estimated * Factor);
    }

    /// <summary>Free memory that the allocator holds back would hide growth, or be taken for it.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimHeap(nuint pad);
}
