using InstructDiffusion.Engine.Models.Aesthetic;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tests.Models.Clip;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models.Aesthetic;

public sealed class AestheticPredictorTests
{
    [Fact]
    public void Names_OnMeta_AreThoseOfLaionsFile()
    {
        using var predictor = new AestheticPredictor(ModelPlacement.Meta);

        Assert.Equal(
            ["layers.0", "layers.2", "layers.4", "layers.6", "layers.7"],
            predictor
                .state_dict()
                .Keys.Where(name => name.EndsWith(".weight", StringComparison.Ordinal))
                .Select(name => name[..^".weight".Length])
        );
        Assert.Equal(927_969, predictor.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void Forward_VectorOfAnyLength_ScoresItsDirection()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var predictor = TinyClip.Filled(new AestheticPredictor(ModelPlacement.Cpu));
        Tensor embeds = randn(3, AestheticPredictor.EmbedSize);

        Tensor score = predictor.call(embeds);

        Fixture.AssertClose(predictor.call(embeds * 50), score, 1e-6, "score of a longer vector");
        Assert.True(predictor.call(zeros(1, AestheticPredictor.EmbedSize)).isfinite().all().item<bool>());
        LeakAssert.Leaves(1, () => predictor.call(embeds));
    }

    [Fact]
    public void Forward_VectorOfAnotherModel_IsRefused()
    {
        using var scope = NewDisposeScope();
        var predictor = TinyClip.Filled(new AestheticPredictor(ModelPlacement.Cpu));

        Assert.Throws<ArgumentException>(() => predictor.call(zeros(1, 512)));
    }
}
