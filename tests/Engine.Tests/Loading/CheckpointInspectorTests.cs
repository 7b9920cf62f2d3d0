using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tests.Weights;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Tests.Loading;

public sealed class CheckpointInspectorTests
{
    [Fact]
    public void Inspect_LightningCheckpoint_SaysWhatItIs()
    {
        var summary = CheckpointInspector.Inspect(WeightFixtures.Public("ldm", "ldm_tiny_ema.ckpt"));

        Assert.Equal(CheckpointLayout.Lightning, summary.Layout);
        Assert.Equal(
            [ModelComponent.UNet, ModelComponent.Vae, ModelComponent.TextEncoder],
            summary.Components.Select(c => c.Component)
        );
        Assert.Equal([684, 244, 52], summary.Components.Select(c => c.Tensors));
        Assert.Equal(8, summary.UNetInChannels);
        Assert.True(summary.HasEma);
        Assert.Equal(22000, summary.TrainingSteps);
        Assert.Null(summary.GuidanceFamily);
        Assert.Equal(684, summary.Components[0].Types.Values.Sum());
    }

    [Fact]
    public void Inspect_DiffusersFolder_CountsParametersAndTypes()
    {
        var summary = CheckpointInspector.Inspect(WeightFixtures.Public("diffusers"));

        Assert.Equal(CheckpointLayout.Diffusers, summary.Layout);
        Assert.False(summary.HasEma);
        var unet = summary.Components[0];
        Assert.Equal("Float16", Assert.Single(unet.Types).Key);
        Assert.Equal(unet.Parameters * 2, unet.Bytes);
    }

    [Fact]
    public void Inspect_SidecarBesideFile_OverridesTheName()
    {
        using var folder = new TempFolder();
        var path = folder.Of("instruct-pix2pix-00-22000.safetensors");
        File.Copy(WeightFixtures.Public("ldm", "ldm_tiny.safetensors"), path);

        Assert.Equal((GuidanceFamily.InstructPix2Pix, "name"), FamilyOf(path));
        new ModelSidecar { Name = "mine", GuidanceFamily = GuidanceFamily.InstructDiffusion }.Save(
            ModelSidecar.PathFor(path)
        );
        Assert.Equal((GuidanceFamily.InstructDiffusion, "sidecar"), FamilyOf(path));

        static (GuidanceFamily?, string?) FamilyOf(string path)
        {
            var summary = CheckpointInspector.Inspect(path);
            return (summary.GuidanceFamily, summary.GuidanceFamilySource);
        }
    }

    [Theory]
    [InlineData("v1-5-pruned-emaonly-adaption-task.ckpt", GuidanceFamily.InstructDiffusion, 5.0, "instruct-diffusion")]
    [InlineData(
        "v1-5-pruned-emaonly-adaption-task.ckpt_aa",
        GuidanceFamily.InstructDiffusion,
        5.0,
        "instruct-diffusion"
    )]
    [InlineData(
        "v1-5-pruned-emaonly-adaption-task-humanalign.ckpt",
        GuidanceFamily.InstructDiffusion,
        7.0,
        "instruct-diffusion-humanalign"
    )]
    [InlineData("instruct-pix2pix-00-22000.ckpt", GuidanceFamily.InstructPix2Pix, 7.5, "instruct-pix2pix")]
    [InlineData("MagicBrush-epoch-52-step-4999.ckpt", GuidanceFamily.InstructPix2Pix, 7.5, "magicbrush")]
    public void KnownModels_PublishedName_HasItsFamily(
        string file,
        GuidanceFamily family,
        double textScale,
        string name
    )
    {
        var sidecar = KnownModels.Find("/models/" + file)!;

        Assert.Equal(family, sidecar.GuidanceFamily);
        Assert.Equal(textScale, sidecar.DefaultTextGuidanceScale);
        Assert.Equal(name, sidecar.Name);
        if (family == GuidanceFamily.InstructDiffusion)
        {
            var keypoints = sidecar.Presets.Single(p => p.Name is "keypoints");
            Assert.Equal(
                (6.0, 0.5, 100, 512),
                (keypoints.TextGuidanceScale, keypoints.ImageGuidanceScale, keypoints.Steps, keypoints.Resolution)
            );
            Assert.Equal(768, sidecar.Presets.Single(p => p.Name is "style").Resolution);
        }
    }

    [Theory]
    [InlineData("v1-5-pruned-emaonly.ckpt")]
    [InlineData("v1-5-pruned-emaonly-adaption.ckpt")]
    [InlineData("model.safetensors")]
    public void KnownModels_OtherName_IsUnknown(string file) =>
        Assert.Null(KnownModels.Find("/instruct-pix2pix/" + file));
}
