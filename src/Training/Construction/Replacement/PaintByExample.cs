using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>Paint-by-Example through this engine, as the paper does it.</summary>
/// <param name="model">The model; not disposed.</param>
/// <param name="note">What it is, for the records.</param>
/// <param name="options">How; its seed is not used.</param>
internal sealed class PaintByExample(ExemplarInpainter model, ModelNote note, InpaintingOptions options)
    : IExemplarPainter
{
    private readonly Lock _oneAtATime = new();
    private readonly ClipImagePreprocessor _preprocessor = new(model.ExemplarSide);

    /// <inheritdoc/>
    public ModelNote Model => note;

    /// <inheritdoc/>
    public JsonObject Settings { get; } =
        new()
        {
            ["painter"] = "paint_by_example",
            ["model"] = note.Sha256,
            ["steps"] = options.Steps,
            ["guidance_scale"] = options.GuidanceScale,
            ["sampler"] = SamplerNames.NameOf(options.Sampler),
        };

    /// <inheritdoc/>
    public (RgbImage Painted, RegionMask Changed) Paint(
        WorkingPicture picture,
        RegionMask hole,
        WorkingPicture exemplar,
        long seed,
        CancellationToken cancellationToken
    )
    {
        RgbImage example = exemplar.Image;
        if (
            Math.Max(example.Width, example.Height)
            > ClipImagePreprocessor.MaxAspect * Math.Min(example.Width, example.Height)
        )
        {
            throw new RejectedItemException("an exemplar that is a line", $"{example.Width}x{example.Height}");
        }
        lock (_oneAtATime)
        {
            using var scope = NewDisposeScope();
            try
            {
                Tensor pixels = _preprocessor.Preprocess(example); // [1, 3, S, S]
                InpaintingOptions seeded = options with { Seed = seed };
                return (model.Paint(picture.Image, hole.Pixels, pixels, seeded, cancellationToken), hole);
            }
            catch (NonFiniteImageException broken)
            {
                throw new RejectedItemException("the model gave no picture", broken.Message);
            }
        }
    }
}
