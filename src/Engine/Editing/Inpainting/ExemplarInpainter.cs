using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.PaintByExample;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>Paints what a mask covers like an example: Paint-by-Example (Yang et al. 2023). Owns its parts.</summary>
public sealed class ExemplarInpainter : IDisposable
{
    /// <summary>Example → token.</summary>
    public required PaintByExampleEncoder Encoder { get; init; }

    /// <summary>Paints.</summary>
    public required LatentInpainter Inpainter { get; init; }

    /// <summary>Side of an example, pixels.</summary>
    public int ExemplarSide => Encoder.Config.Tower.ImageSize;

    /// <summary>Paints.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Where to paint, one entry a pixel, row by row.</param>
    /// <param name="exemplar">[1, 3, S, S] with S = <see cref="ExemplarSide"/>, normalised as CLIP wants it.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <returns>The whole picture as the model gives it.</returns>
    /// <exception cref="NonFiniteImageException">The model gave NaN or infinity.</exception>
    public RgbImage Paint(
        RgbImage image,
        bool[] mask,
        Tensor exemplar,
        InpaintingOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(exemplar);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor token = Encoder.call(exemplar.to(Inpainter.Device)); // [1, 1, P]
        return Inpainter.Paint(image, mask, token, Encoder.Unconditional(), options, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Encoder.Dispose();
        Inpainter.Dispose();
    }
}
