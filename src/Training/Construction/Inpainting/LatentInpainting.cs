using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Inpainting;

/// <summary>
/// Stable Diffusion's inpainting through this engine. The prompt says what may be there; what is to go is the negative prompt, so
/// that it is not painted again.
/// </summary>
/// <param name="model">The model; not disposed.</param>
/// <param name="note">What it is, for the records.</param>
/// <param name="prompt">What is to be seen.</param>
/// <param name="options">How; its seed is not used.</param>
internal sealed class LatentInpainting(TextInpainter model, ModelNote note, string prompt, InpaintingOptions options)
    : IInpainter
{
    private readonly Lock _oneAtATime = new();

    /// <inheritdoc/>
    public ModelNote Model => note;

    /// <inheritdoc/>
    public JsonObject Settings { get; } =
        new()
        {
            ["inpainter"] = "latent",
            ["model"] = note.Sha256,
            ["prompt"] = prompt,
            ["steps"] = options.Steps,
            ["guidance_scale"] = options.GuidanceScale,
            ["sampler"] = SamplerNames.NameOf(options.Sampler),
        };

    /// <inheritdoc/>
    public RgbImage Fill(RgbImage image, RegionMask mask, string phrase, long seed, CancellationToken cancellationToken)
    {
        lock (_oneAtATime)
        {
            try
            {
                InpaintingOptions seeded = options with { Seed = seed };
                return model.Paint(image, mask.Pixels, prompt, phrase, seeded, cancellationToken);
            }
            catch (NonFiniteImageException broken)
            {
                throw new RejectedItemException("the model gave no picture", broken.Message);
            }
        }
    }
}
