using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Tokenization;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>Paints what a mask covers as a text says: Stable Diffusion's inpainting models. Owns its parts.</summary>
public sealed class TextInpainter : IDisposable
{
    /// <summary>Text → token ids.</summary>
    public required ClipTokenizer Tokenizer { get; init; }

    /// <summary>Token ids → text states.</summary>
    public required ClipTextModel TextEncoder { get; init; }

    /// <summary>Paints.</summary>
    public required LatentInpainter Inpainter { get; init; }

    /// <summary>Paints.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Where to paint, one entry a pixel, row by row.</param>
    /// <param name="prompt">What is to be seen there; may be empty.</param>
    /// <param name="negativePrompt">What is not; may be empty.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <returns>The whole picture as the model gives it.</returns>
    /// <exception cref="NonFiniteImageException">The model gave NaN or infinity.</exception>
    public RgbImage Paint(
        RgbImage image,
        bool[] mask,
        string prompt,
        string negativePrompt,
        InpaintingOptions options,
        CancellationToken cancellationToken = default
    )
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return Inpainter.Paint(image, mask, Encode(prompt), Encode(negativePrompt), options, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TextEncoder.Dispose();
        Inpainter.Dispose();
    }

    // [1, L, D]
    private Tensor Encode(string text)
    {
        long[] ids = Tokenizer.Encode(text, TextEncoder.Config.MaxTokens).Ids;
        return TextEncoder.call(tensor(ids, [1, ids.Length], device: Inpainter.Device));
    }
}
