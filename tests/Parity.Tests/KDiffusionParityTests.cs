using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Runs of the authors' edit scripts with the original ldm classes and k-diffusion, step by step.</summary>
public sealed class KDiffusionParityTests
{
    private const string Folder = "k_diffusion/";

    public static TheoryData<string> Runs() => [.. ReferenceRuns.In(Folder)];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Edit_Run_MatchesTheAuthorsScript(string run)
    {
        string file = $"{Folder}{run}.safetensors";
        JsonElement entry = Fixture.Default.Entry(file);
        TensorFile data = Fixture.Default.Tensors(file);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        bool authors = run.StartsWith("instructdiffusion", StringComparison.Ordinal);
        using var reference = new ReferencePipeline(
            authors ? GuidanceFamily.InstructDiffusion : GuidanceFamily.InstructPix2Pix
        );
        RgbImage picture = Picture(data.Tensor("image_uint8"));
        var request = new EditRequest
        {
            Image = picture,
            Instruction = entry.GetProperty("prompt").GetString()!,
            Steps = entry.GetProperty("steps").GetInt32(),
            TextGuidanceScale = entry.GetProperty("text_cfg_scale").GetDouble(),
            ImageGuidanceScale = entry.GetProperty("image_cfg_scale").GetDouble(),
            Sampler = run.EndsWith("euler_a", StringComparison.Ordinal)
                ? SamplerKind.EulerAncestralKDiffusion
                : SamplerKind.EulerKDiffusion,
            WorkingSize = WorkingSize.Of(new ImageSize(picture.Width, picture.Height)),
        };
        var noise = new RecordedNoise(data.Tensor("start_noise"), data.Tensor("noises"), 0);
        var state = (DenoisingState)reference.Pipeline.Prepare(request, noise);
        double atol = Fixture.Default.Tolerance(file, "x_before_step");

        // The encoder's error scaled by its own tolerance in the same model's autoencoder reference.
        double encoderAtol = Fixture
            .Default.Entry("vae_tiny.safetensors")
            .GetProperty("cases")[0]
            .GetProperty("mean")
            .GetProperty("recommended_atol")
            .GetDouble();
        Tensor imageLatents = data.Tensor("image_latents");
        double scale = Math.Max(1, imageLatents.abs().max().item<float>() / 2);
        Fixture.AssertClose(state.ImageLatents, imageLatents, encoderAtol * scale, $"{Folder}{run}/image_latents");
        Fixture.AssertClose(
            [.. state.Sampler.Timesteps],
            data.Doubles("timesteps_fractional"),
            1e-3,
            $"{Folder}{run}/timesteps_fractional"
        );
        for (int step = 0; !state.IsDenoised; step++)
        {
            Fixture.AssertClose(
                state.Latents,
                data.Tensor("x_before_step")[step],
                atol,
                $"{Folder}{run}/x_before_step[{step}]"
            );
            reference.Pipeline.Step([state]);
        }
        Fixture.AssertClose(
            state.Latents,
            data.Tensor("final_latents"),
            Fixture.Default.Tolerance(file, "final_latents"),
            $"{Folder}{run}/final_latents"
        );
        Tensor decoded = reference.Model.Autoencoder.Decode(
            state.Latents.div(reference.Model.Autoencoder.Config.ScalingFactor)
        );
        Fixture.AssertClose(
            decoded,
            data.Tensor("decoded"),
            Fixture.Default.Tolerance(file, "decoded"),
            $"{Folder}{run}/decoded"
        );
        RgbImage truncated = PixelTensors.ToImage(decoded, PixelRounding.Truncate);
        Fixture.AssertClose(
            ReferenceRuns.Levels(truncated),
            ReferenceRuns.Levels(Picture(data.Tensor("image_uint8_truncated"))),
            1,
            $"{Folder}{run}/image_uint8_truncated"
        );
        state.Dispose();
    }

    // [1, 3, H, W] bytes
    private static RgbImage Picture(Tensor planes) =>
        new((int)planes.size(3), (int)planes.size(2), planes[0].permute(1, 2, 0).contiguous().data<byte>().ToArray());
}
