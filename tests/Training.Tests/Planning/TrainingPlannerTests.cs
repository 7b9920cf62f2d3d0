using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Training.Planning;

namespace InstructDiffusion.Training.Tests.Planning;

public sealed class TrainingPlannerTests
{
    private static readonly PlanInputs Tiny = new()
    {
        UNet = TinyShapes.UNet,
        TextEncoder = TinyShapes.Text,
        Autoencoder = TinyShapes.Autoencoder,
        Resolution = 64,
        BatchSize = 32,
        MicroBatchSize = 8,
        Steps = 1000,
    };

    [Fact]
    public void Plan_RealSize_HasTheKnownParametersAndArithmetic()
    {
        TrainingPlan plan = TrainingPlanner.Plan(
            new PlanInputs
            {
                UNet = UNetConfig.StableDiffusion15Edit,
                TextEncoder = ClipTextConfig.ClipVitLarge14,
                Autoencoder = AutoencoderConfig.StableDiffusion15,
                Resolution = 256,
                EncodedPictures = 2,
                BatchSize = 64,
                MicroBatchSize = 1,
                Steps = 10,
                GigaFlopsPerSecond = 150,
            }
        );

        Assert.Equal(
            [
                new PlannedPart("unet", 859_532_484, IsTrained: true),
                new PlannedPart("text_encoder", 123_060_480, IsTrained: false),
                new PlannedPart("vae", 83_653_863, IsTrained: false),
            ],
            plan.Parts
        );
        // Counts of an independent prototype, GFLOP: UNet 180.13, encoding 272.7; 13.15 by the text encoder's formula.
        Assert.Equal(180.13 + 13.15 + (2 * 272.7), plan.ForwardFlops / 1e9, tolerance: 0.2);
        Assert.Equal((3 * 180.13) + 13.15 + (2 * 272.7), plan.TrainingFlops / 1e9, tolerance: 0.2);
        Assert.Equal(150e9 * 0.5 / plan.TrainingFlops, plan.SamplesPerSecond!.Value, tolerance: 1e-9);
        Assert.Equal(640 / plan.SamplesPerSecond!.Value, plan.Seconds!.Value, tolerance: 1e-6);
        Assert.Equal(4L * (859_532_484 + 123_060_480 + 83_653_863), plan.Memory.Weights);
        Assert.Equal(4L * 859_532_484, plan.Memory.Gradients);
        Assert.Equal(8L * 859_532_484, plan.Memory.Optimizer);
        Assert.Equal(4L * 859_532_484, plan.Memory.Ema);
    }

    [Fact]
    public void Plan_Workers_HaveGradientsAndActivationsEach()
    {
        PlannedMemory one = TrainingPlanner.Plan(Tiny).Memory;
        PlannedMemory two = TrainingPlanner.Plan(Tiny with { Workers = 2 }).Memory;

        Assert.Equal(2 * one.Gradients, two.Gradients);
        Assert.Equal(2 * one.Activations, two.Activations);
        Assert.Equal(one.Weights, two.Weights);
        Assert.Equal(one.Optimizer, two.Optimizer);
    }

    [Fact]
    public void Plan_HalfPrecision_LowersActivationsAndAddsCopies()
    {
        TrainingPlan single = TrainingPlanner.Plan(Tiny);
        PlannedMemory half = TrainingPlanner.Plan(Tiny with { IsHalfPrecision = true }).Memory;
        long trained = single.Parts.Single(part => part.IsTrained).Parameters;

        Assert.InRange(half.Activations, single.Memory.Activations / 2, single.Memory.Activations * 0.75);
        Assert.Equal(single.Memory.Weights + (2 * trained), half.Weights);
        Assert.Equal(single.Memory.Gradients + (2 * trained), half.Gradients);
    }

    [Fact]
    public void Plan_ActivationCheckpointing_TradesMemoryForArithmetic()
    {
        TrainingPlan plain = TrainingPlanner.Plan(Tiny);
        TrainingPlan checkpointed = TrainingPlanner.Plan(Tiny with { HasActivationCheckpointing = true });

        Assert.InRange(checkpointed.Memory.Activations, plain.Memory.Activations / 10, plain.Memory.Activations / 1.5);
        Assert.InRange(checkpointed.TrainingFlops, plain.TrainingFlops * 1.3, plain.TrainingFlops * 4 / 3);
    }

    [Fact]
    public void Plan_TextEncoderTrainedAlong_Counts()
    {
        TrainingPlan frozen = TrainingPlanner.Plan(Tiny);
        TrainingPlan trained = TrainingPlanner.Plan(Tiny with { TrainsTextEncoder = true });
        double text = frozen.ForwardFlops - (frozen.TrainingFlops - frozen.ForwardFlops) / 2;

        Assert.Equal(frozen.ForwardFlops, trained.ForwardFlops);
        Assert.Equal(frozen.TrainingFlops + (2 * text), trained.TrainingFlops, tolerance: 1);
        Assert.True(trained.Memory.Activations > frozen.Memory.Activations);
    }

    [Fact]
    public void Plan_Autoencoder_IsTrainedAlone()
    {
        TrainingPlan plan = TrainingPlanner.Plan(Tiny with { UNet = null, TextEncoder = null });

        PlannedPart part = Assert.Single(plan.Parts);
        Assert.True(part.IsTrained);
        Assert.Equal(3 * plan.ForwardFlops, plan.TrainingFlops, tolerance: 1);
        Assert.True(plan.Memory.Activations > 0);
    }

    [Fact]
    public void Plan_UNetWithoutText_IsRefused() =>
        Assert.Throws<ArgumentException>(() => TrainingPlanner.Plan(Tiny with { TextEncoder = null }));

    [Fact]
    public void ToString_Plan_IsATable()
    {
        var plan = new TrainingPlan
        {
            Parts = [new PlannedPart("unet", 1_234_567, IsTrained: true), new PlannedPart("vae", 89, IsTrained: false)],
            Memory = new PlannedMemory(1 << 30, 2 << 20, 0, 0, 0, 12.0 * (1 << 30)),
            ForwardFlops = 180.13e9,
            TrainingFlops = 540.39e9,
            BatchSize = 64,
            Steps = 1000,
            SamplesPerSecond = 2,
        };

        string[] lines = plan.ToString().Split('\n');

        Assert.Contains("  unet                     1,234,567 trained", lines);
        Assert.Contains("  vae                              89 frozen", lines);
        Assert.Contains("  weights                              1.000", lines);
        Assert.Contains("  activations                           12.0", lines);
        Assert.Contains("  in all                                13.0", lines);
        Assert.Contains("  training                             540.4", lines);
        Assert.Contains("  samples                             64,000", lines);
        Assert.Contains("  the run, about                  8 h 53 min", lines);
        Assert.Contains(
            "  the run           unknown without the machine's rate",
            (plan with { SamplesPerSecond = null }).ToString().Split('\n')
        );
    }

    [Fact]
    public void Measure_Machine_HasARate() => Assert.True(MachineRate.MeasureGigaFlopsPerSecond() > 0);
}
