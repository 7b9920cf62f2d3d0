using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>One model in every form it is published in: the forms compute the same, to the last bit.</summary>
public sealed class CheckpointFormsParityTests
{
    private const string Check = "ldm/unet_check.safetensors";

    private static readonly string Folder = Fixture.Default.Path("diffusers");

    public static TheoryData<string, string> Forms() =>
        new()
        {
            { "ldm safetensors", Fixture.Default.Path("ldm", "ldm_tiny.safetensors") },
            { "Lightning zip, raw weights", Fixture.Default.Path("ldm", "ldm_tiny_ema.ckpt") },
            { "legacy pickle, UNet from the folder", Fixture.Default.Path("ldm", "ldm_tiny_legacy.ckpt") },
        };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Edit_EveryForm_GivesTheFoldersLatentsAndPicture(string form, string path)
    {
        using LoadedModel folder = ModelLoader.Open(Options(Folder));
        using LoadedModel other = ModelLoader.Open(Options(path) with { BasePath = Folder });
        var request = new EditRequest
        {
            Image = TestImages.Photo(64, 64),
            Instruction = "turn the sky red",
            Steps = 3,
            Seed = 11,
            WorkingSize = WorkingSize.Of(new ImageSize(64, 64)),
        };

        RgbImage expected = ((EditPipeline)folder.Pipeline).Run(request).Image;
        RgbImage actual = ((EditPipeline)other.Pipeline).Run(request).Image;

        Assert.True(expected.Pixels.SequenceEqual(actual.Pixels), $"{form} gives another picture than the folder");
        using EditState a = Denoised(folder.Pipeline, request);
        using EditState b = Denoised(other.Pipeline, request);
        Fixture.AssertClose(((DenoisingState)b).Latents, ((DenoisingState)a).Latents, 0, $"ldm/{form}/latents");
    }

    [Theory]
    [InlineData(false, "output")]
    [InlineData(true, "output_ema")]
    public void UNet_OfTheLightningFile_MatchesPlainAndAveragedReference(bool ema, string expected)
    {
        using EditModel model = ModelLoader.Load(
            Options(Fixture.Default.Path("ldm", "ldm_tiny_ema.ckpt")) with
            {
                PreferEma = ema,
                BasePath = Folder,
            }
        );
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        TensorFile data = Fixture.Default.Tensors(Check);

        Tensor output = model.UNet.call(
            data.Tensor("sample"),
            data.Tensor("timestep").expand(data.Shape("sample")[0]),
            data.Tensor("encoder_hidden_states")
        );

        Fixture.AssertClose(
            output,
            data.Tensor(expected),
            Fixture.Default.Tolerance(Check),
            $"ldm/unet_check/{expected}"
        );
    }

    // Raw weights: the folder holds no averaged ones.
    private static ModelLoadOptions Options(string path) =>
        new()
        {
            Path = path,
            PreferEma = false,
            Family = GuidanceFamily.InstructDiffusion,
            ConfigFolder = Folder,
        };

    private static EditState Denoised(IEditPipeline pipeline, EditRequest request)
    {
        EditState state = pipeline.Prepare(request);
        while (!state.IsDenoised)
        {
            pipeline.Step([state]);
        }
        return state;
    }
}
