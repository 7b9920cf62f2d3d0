using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class TiledAutoencoderTests
{
    [Theory]
    [InlineData(64, 64, 16)]
    [InlineData(65, 64, 16)]
    [InlineData(100, 64, 16)]
    [InlineData(1000, 64, 16)]
    [InlineData(112, 64, 16)]
    public void Starts_AnyLength_CoverItWithEnoughOverlap(long length, long tile, long overlap)
    {
        IReadOnlyList<long> starts = TileGrid.Starts(length, tile, overlap);

        Assert.Equal(0, starts[0]);
        Assert.True(starts[^1] + tile >= length);
        Assert.All(starts, start => Assert.InRange(start, 0, Math.Max(0, length - tile)));
        for (int i = 1; i < starts.Count; i++)
        {
            Assert.InRange(starts[i] - starts[i - 1], 1, tile - overlap);
        }
    }

    [Fact]
    public void Weights_OfNeighbours_NeverVanishTogether()
    {
        float[] inner = TileGrid.Weights(8, 4, fadeStart: true, fadeEnd: true);
        float[] corner = TileGrid.Weights(8, 4, fadeStart: false, fadeEnd: true);

        Assert.All(inner, weight => Assert.InRange(weight, 0.1f, 1f));
        Assert.Equal(1f, corner[0]);
        Assert.Equal(inner[0], inner[^1]);
    }

    [Fact]
    public void EncodeAndDecode_LargePictureInTiles_IsCloseToTheWhole()
    {
        using EditModel model = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor image = PixelTensors.ToTensor(TestImages.Photo(896, 576));
        var whole = new TiledAutoencoder(model.Autoencoder, maxWholePixels: long.MaxValue);
        var tiled = new TiledAutoencoder(model.Autoencoder, maxWholePixels: 512 * 512);

        Tensor expectedLatents = whole.EncodeMode(image);
        Tensor latents = tiled.EncodeMode(image);
        Tensor expectedImage = whole.Decode(expectedLatents);
        Tensor decoded = tiled.Decode(expectedLatents);

        // Each tile norms by itself, so the two differ; a misplaced tile would differ by as much as the values vary.
        AssertClose(latents, expectedLatents);
        AssertClose(decoded, expectedImage);
    }

    [Fact]
    public void EncodeMode_SmallPicture_IsTheModelsOwn()
    {
        using EditModel model = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor image = PixelTensors.ToTensor(TestImages.Photo(128, 64));

        Tensor tiled = new TiledAutoencoder(model.Autoencoder, maxWholePixels: 512 * 512).EncodeMode(image);

        using var posterior = model.Autoencoder.Encode(image);
        Assert.Equal(posterior.Mean.data<float>().ToArray(), tiled.data<float>().ToArray());
    }

    private static void AssertClose(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        float error = actual.sub(expected).square().mean().sqrt().item<float>();
        float spread = expected.std().item<float>();
        Assert.True(error < 0.25 * spread, $"rms difference {error}, the values vary by {spread}");
    }
}
