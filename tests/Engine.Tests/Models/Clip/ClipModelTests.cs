using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models.Clip;

public sealed class ClipModelTests
{
    [Fact]
    public void Names_OnMeta_AreThoseOfClipVitLarge14()
    {
        using var clip = new ClipModel(ClipConfig.ClipVitLarge14, ModelPlacement.Meta);
        Dictionary<string, Tensor> weights = clip.state_dict();

        Assert.Equal(427_616_513, clip.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal([1024, 3, 14, 14], weights["vision_model.embeddings.patch_embedding.weight"].shape);
        Assert.Equal([257, 1024], weights["vision_model.embeddings.position_embedding.weight"].shape);
        Assert.Equal([4096, 1024], weights["vision_model.encoder.layers.23.mlp.fc1.weight"].shape);
        Assert.Equal([1024], weights["vision_model.pre_layrnorm.bias"].shape);
        Assert.Equal([768, 1024], weights["visual_projection.weight"].shape);
        Assert.Equal([768, 768], weights["text_projection.weight"].shape);
        Assert.Empty(weights["logit_scale"].shape);
        Assert.DoesNotContain("visual_projection.bias", weights.Keys);
        Assert.DoesNotContain("vision_model.embeddings.patch_embedding.bias", weights.Keys);
    }

    [Fact]
    public void VisionModel_OnMeta_IsTheImageTowerAlone()
    {
        using var vision = new ClipVisionModel(ClipVisionConfig.ClipVitLarge14, ModelPlacement.Meta);

        Assert.Equal(303_179_776, vision.parameters().Sum(parameter => parameter.numel()));
        Assert.All(
            vision.state_dict().Keys,
            name => Assert.StartsWith("vision_model.", name, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Forward_TextsAndPictures_LeavesOneTensor()
    {
        using var noGradient = no_grad();
        using ClipModel clip = TinyClip.Filled(new ClipModel(TinyClip.Config, ModelPlacement.Cpu));
        using Tensor pixels = rand(3, 3, 16, 16);
        using Tensor ids = randint(20, [2, 8]);
        Tensor? logits = null;

        LeakAssert.Leaves(1, () => logits = clip.call(pixels, ids));

        Assert.Equal([3, 2], logits!.shape);
        LeakAssert.Leaves(1, () => clip.ImageEmbeds(pixels));
        LeakAssert.Leaves(1, () => clip.TextEmbeds(ids));
        logits.Dispose();
    }

    [Fact]
    public void Forward_PictureOfAnotherSize_IsRefused()
    {
        using var scope = NewDisposeScope();
        using ClipModel clip = TinyClip.Filled(new ClipModel(TinyClip.Config, ModelPlacement.Cpu));

        var error = Assert.Throws<ArgumentException>(() => clip.ImageEmbeds(rand(1, 3, 16, 20)));

        Assert.Contains("[*, 3, 16, 16], got [1, 3, 16, 20]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextEmbeds_TooManyTokens_AreRefused()
    {
        using var scope = NewDisposeScope();
        using ClipModel clip = TinyClip.Filled(new ClipModel(TinyClip.Config, ModelPlacement.Cpu));

        Assert.Throws<ArgumentException>(() => clip.TextEmbeds(zeros([1, 9], ScalarType.Int64)));
    }

    [Theory]
    [InlineData(19, 3)] // the first of two
    [InlineData(7, 0)] // there is none
    [InlineData(2, 3)] // legacy: the largest id
    public void Pool_EndId_TakesItsFirstPosition(long endId, int position)
    {
        using var scope = NewDisposeScope();
        Tensor states = arange(12, ScalarType.Float32).view(1, 6, 2);
        Tensor ids = tensor(new long[] { 18, 5, 2, 19, 19, 1 }).view(1, 6);

        Tensor pooled = ClipTextModel.Pool(states, ids, endId);

        Assert.Equal([2f * position, (2f * position) + 1], pooled.data<float>().ToArray());
    }

    [Fact]
    public void StatesAfter_NonSquarePicture_InterpolatesPositionsByTheirOwnSide()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var tower = TinyClip.Filled(new ClipVisionTransformer(TinyClip.Config.Vision, ModelPlacement.Cpu));
        Dictionary<string, Tensor> weights = tower.state_dict();
        weights["embeddings.patch_embedding.weight"].zero_();
        Tensor columns = weights["embeddings.position_embedding.weight"].narrow(0, 1, 4).clone(); // [4, D]
        weights["embeddings.position_embedding.weight"].narrow(0, 1, 16).copy_(columns.repeat(4, 1)); // [16, D]
        const int Height = 3;
        const int Width = 6;

        Tensor states = tower.StatesAfter(zeros(1, 3, Height * 4, Width * 4), [1])[0];

        Tensor map = states.narrow(1, 1, Height * Width).view(Height, Width, -1);
        Fixture.AssertClose(map[1], map[0], 1e-5, "rows of a table that changes with the column alone");
        Fixture.AssertClose(map[2], map[0], 1e-5, "rows of a table that changes with the column alone");
        for (int column = 1; column < Width; column++)
        {
            Assert.True((map[0][column] - map[0][column - 1]).abs().max().item<float>() > 1e-2);
        }
    }

    [Fact]
    public void StatesAfter_TheTrainedSize_EqualsForward()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var tower = TinyClip.Filled(new ClipVisionTransformer(TinyClip.Config.Vision, ModelPlacement.Cpu));
        Tensor pixels = rand(2, 3, 16, 16);

        IReadOnlyList<Tensor> states = tower.StatesAfter(pixels, [0, 1]);

        Assert.Equal(tower.call(pixels).data<float>().ToArray(), states[1].data<float>().ToArray());
        Assert.NotEqual(states[0].data<float>().ToArray(), states[1].data<float>().ToArray());
    }
}
