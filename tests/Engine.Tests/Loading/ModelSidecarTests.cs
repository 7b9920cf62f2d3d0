using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tests.Weights;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Tests.Loading;

public sealed class ModelSidecarTests
{
    [Fact]
    public void Load_SavedSidecar_IsTheSame()
    {
        using var folder = new TempFolder();
        var sidecar = KnownModels.Find("adaption-task.ckpt")! with
        {
            SizeRule = WorkingSizeRule.WebApp,
            Untrained = true,
        };

        sidecar.Save(ModelSidecar.PathFor(folder.Path));

        Assert.Equivalent(sidecar, ModelSidecar.Find(folder.Path), strict: true);
        var text = File.ReadAllText(folder.Of("instructdiffusion.json"));
        Assert.Contains("\"guidance_family\": \"instruct_diffusion\"", text, StringComparison.Ordinal);
        Assert.Contains("\"size_rule\": \"web_app\"", text, StringComparison.Ordinal);
        Assert.Contains("\"default_text_guidance_scale\": 5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ShortestSidecar_TakesDefaults()
    {
        using var folder = new TempFolder();
        var path = folder.Write("instructdiffusion.json", """{"name":"m","guidance_family":"instruct_pix2pix"}"""u8);

        var sidecar = ModelSidecar.Load(path);

        Assert.Equal(GuidanceFamily.InstructPix2Pix, sidecar.GuidanceFamily);
        Assert.Equal(512, sidecar.DefaultResolution);
    }

    [Theory]
    [InlineData("""{"name":"m"}""", "guidance_family")]
    [InlineData("""{"name":"m","guidance_family":"mine"}""", "guidance_family")]
    [InlineData("""{"name":"m","guidance_family":0}""", "guidance_family")]
    [InlineData("""{"name":"","guidance_family":"instruct_diffusion"}""", "name")]
    [InlineData("""{"name":null,"guidance_family":"instruct_diffusion"}""", "name")]
    [InlineData("""{"name":"m","guidance_family":"instruct_diffusion","default_stepz":5}""", "default_stepz")]
    [InlineData("""{"name":"m","guidance_family":"instruct_diffusion","default_steps":0}""", "default_steps")]
    [InlineData(
        """{"name":"m","guidance_family":"instruct_diffusion","default_image_guidance_scale":-1}""",
        "image_guidance_scale"
    )]
    [InlineData(
        """{"name":"m","guidance_family":"instruct_diffusion","presets":[{"name":"a","text_guidance_scale":1,"image_guidance_scale":1,"steps":1,"resolution":1}]}""",
        "preset a: resolution"
    )]
    [InlineData("""{"name":"m","guidance_family":"instruct_diffusion","tasks":[null]}""", "tasks: a name is empty")]
    [InlineData(
        """{"name":"m","guidance_family":"instruct_diffusion","presets":[{"name":"a","text_guidance_scale":1,"image_guidance_scale":1,"steps":1,"resolution":64,"instructions":[""]}]}""",
        "preset a: an instruction is empty"
    )]
    [InlineData("[]", "not a usable sidecar")]
    [InlineData("null", "null")]
    [InlineData("{", "not a usable sidecar")]
    public void Load_Malformed_NamesTheField(string json, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.Write("instructdiffusion.json", Encoding.UTF8.GetBytes(json));

        var error = Assert.Throws<CheckpointFormatException>(() => ModelSidecar.Load(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
