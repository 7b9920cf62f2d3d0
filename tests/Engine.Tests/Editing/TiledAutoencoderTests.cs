using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
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

    [Theory]
    [InlineData(96, 112)]
    [InlineData(64, 200)]
    [InlineData(40, 48)]
    public void Run_LocalMap_EqualsTheMapOfTheWhole(long height, long width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        Tensor input = randn([1, 2, height, width], generator: generator);
        Tensor Shrunk(Tensor x) => nn.functional.avg_pool2d(x, 8);
        Tensor Grown(Tensor x) => x.repeat_interleave(4, 2).repeat_interleave(4, 3);

        Tensor shrunk = TiledMap.Run(input, 48, 16, channels: 2, grow: 1, shrink: 8, Shrunk);
        Tensor grown = TiledMap.Run(input, 48, 16, channels: 2, grow: 4, shrink: 1, Grown);

        // A map that looks at no neighbours cannot tell where it was cut: every tile must land where it belongs.
        Assert.True(shrunk.allclose(Shrunk(input), 1e-5, 1e-6));
        Assert.True(grown.allclose(Grown(input), 1e-5, 1e-6));
    }

    [Fact]
    public void EncodeAndDecode_LargeEvenPicture_InTilesFollowsTheWhole()
    {
        using EditModel model = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(1, CPU);
        Tensor image = rand([1, 3, 576, 704], generator: generator).mul(2).sub(1);
        var whole = new TiledAutoencoder(model.Autoencoder, maxWholePixels: long.MaxValue);
        var tiled = new TiledAutoencoder(model.Autoencoder, maxWholePixels: 512 * 512);

        Tensor latents = whole.EncodeMode(image);

        // Norms and attention see the tile only; where every part has the same statistics that hardly matters.
        AssertCorrelated(tiled.EncodeMode(image), latents);
        AssertCorrelated(tiled.Decode(latents), whole.Decode(latents));
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

    private static void AssertCorrelated(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        Tensor a = actual.sub(actual.mean());
        Tensor b = expected.sub(expected.mean());
        float correlation = a.mul(b).mean().div(a.square().mean().mul(b.square().mean()).sqrt()).item<float>();
        Assert.True(correlation > 0.95, $"correlation {correlation}");
    }
}
