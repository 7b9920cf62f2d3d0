using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class AdjunctUNetParityTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InpaintUNet_NineChannels_MatchesDiffusers(bool prepared)
    {
        const string File = "adjuncts/inpaint_unet.safetensors";
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        UNet2DConditionModel unet = ReferenceModels.UNet(prepared, "adjuncts", "inpaint_unet");
        TensorFile data = Fixture.Default.Tensors(File);
        Tensor sample = cat([data.Tensor("latents"), data.Tensor("mask"), data.Tensor("masked_image_latents")], 1);

        Tensor output = unet.call(sample, data.Tensor("timestep"), data.Tensor("encoder_hidden_states"));

        double atol = Fixture.Default.Tolerance(File, "output");
        Fixture.AssertClose(output, data.Tensor("output"), atol, "inpaint_unet/output");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void QuietModels_SmallActivations_ShowTheRightEpsilons(bool prepared)
    {
        const string File = "adjuncts/quiet.safetensors";
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        UNet2DConditionModel unet = ReferenceModels.UNet(prepared, "adjuncts", "quiet_unet");
        AutoencoderKL autoencoder = ReferenceModels.Autoencoder(prepared, "adjuncts", "quiet_vae");
        TensorFile data = Fixture.Default.Tensors(File);

        Tensor output = unet.call(
            data.Tensor("unet.sample"),
            data.Tensor("unet.timestep"),
            data.Tensor("unet.encoder_hidden_states")
        );
        using DiagonalGaussian posterior = autoencoder.Encode(data.Tensor("vae.image"));
        Tensor moments = cat([posterior.Mean, posterior.LogVariance], 1);
        Tensor decoded = autoencoder.Decode(data.Tensor("vae.latent"));

        Check(output, "unet.output", "unet_output");
        Check(moments, "vae.moments", "vae_moments");
        Check(decoded, "vae.decoded", "vae_decoded");

        void Check(Tensor actual, string name, string part) =>
            Fixture.AssertClose(actual, data.Tensor(name), Fixture.Default.Tolerance(File, part), $"quiet/{name}");
    }
}
