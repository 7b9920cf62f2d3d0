using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ClipPreprocessParityTests
{
    private const string File = "adjuncts/clip_preprocess.safetensors";

    [Fact]
    public void Preprocess_ReferencePicture_MatchesTransformers()
    {
        using var scope = NewDisposeScope();
        Tensor expected = Fixture.Default.Tensors(File).Tensor("pixel_values");
        byte[] file = System.IO.File.ReadAllBytes(Fixture.Default.Path("adjuncts", "clip_preprocess_input.png"));
        RgbImage image = ImageCodec.Decode(file, ImageDecodeLimits.Default).Image;
        var preprocessor = new ClipImagePreprocessor((int)expected.size(3));

        Tensor pixels = preprocessor.Preprocess(image);

        Fixture.AssertClose(pixels, expected, Fixture.Default.Tolerance(File), "clip_preprocess/pixel_values");
    }
}
