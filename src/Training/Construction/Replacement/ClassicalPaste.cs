using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>
/// Pastes the exemplar's own pixels, without any model: the region is filled (<see cref="DiffusionFill"/>), and the exemplar, as
/// large as fits the region's box, laid over it with a soft edge. A stand-in for Paint-by-Example, and named as one in the records.
/// </summary>
internal sealed class ClassicalPaste : IExemplarPainter
{
    /// <inheritdoc/>
    public ModelNote Model { get; } = new("painter", "paste (stand-in, no model)", Sha256: null);

    /// <inheritdoc/>
    public JsonObject Settings { get; } = new() { ["painter"] = "paste" };

    /// <inheritdoc/>
    public (RgbImage Painted, RegionMask Changed) Paint(
        WorkingPicture picture,
        RegionMask hole,
        WorkingPicture exemplar,
        long seed,
        CancellationToken cancellationToken
    )
    {
        (int left, int top, int width, int height) = picture.Mask.Box;
        double scale = Math.Min((double)width / exemplar.Image.Width, (double)height / exemplar.Image.Height);
        var size = new ImageSize(
            Math.Clamp((int)Math.Round(exemplar.Image.Width * scale), 1, width),
            Math.Clamp((int)Math.Round(exemplar.Image.Height * scale), 1, height)
        );
        RgbImage thing = ImageResizer.Resize(exemplar.Image, size, ResizeFilter.Bilinear);
        float[] opacity = Opacity(exemplar.Mask, size);
        left += (width - size.Width) / 2;
        top += (height - size.Height) / 2;

        RgbImage filled = WorkingPicture.Combine(picture.Image, DiffusionFill.Fill(picture.Image, hole), hole);
        byte[] pixels = filled.Pixels.ToArray();
        bool[] changed = [.. hole.Pixels];
        for (int i = 0; i < opacity.Length; i++)
        {
            int at = (top + i / size.Width) * filled.Width + left + i % size.Width;
            changed[at] |= opacity[i] > 0;
            for (int c = 0; c < RgbImage.Channels; c++)
            {
                float under = pixels[at * RgbImage.Channels + c];
                float over = thing.Pixels[i * RgbImage.Channels + c];
                pixels[at * RgbImage.Channels + c] = (byte)MathF.Round(under + opacity[i] * (over - under));
            }
        }
        return (new RgbImage(filled.Width, filled.Height, pixels), hole with { Pixels = changed });
    }

    // Where half of a pixel is the exemplar's, nothing is taken: its other half is what was behind it there.
    private static float[] Opacity(RegionMask mask, ImageSize size)
    {
        byte[] gray = [.. mask.Pixels.SelectMany(pixel => Enumerable.Repeat(pixel ? byte.MaxValue : (byte)0, 3))];
        RgbImage soft = ImageResizer.Resize(new RgbImage(mask.Width, mask.Height, gray), size, ResizeFilter.Bilinear);
        var opacity = new float[size.Width * size.Height];
        for (int i = 0; i < opacity.Length; i++)
        {
            opacity[i] = Math.Max(0, 2 * (soft.Pixels[i * RgbImage.Channels] / 255f) - 1);
        }
        return opacity;
    }
}
