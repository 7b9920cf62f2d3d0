using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Segmentation;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>Masks of pictures of any size: the edit that asks for one, and what of an answer agrees with it.</summary>
internal static class PaintedArea
{
    /// <summary>An edit that asks for a mask; its colour is the one that stands out most.</summary>
    /// <param name="source">The picture on its canvas.</param>
    /// <param name="mask">What is right, at the picture's own size.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="word">Words the instruction, given the colour's name.</param>
    public static ProtocolPart Ask(RgbImage source, bool[] mask, int width, int height, Func<string, string> word)
    {
        string name = PaintPalette.FarthestFrom(PaintPalette.Segmentation, source).Name;
        NamedColor color = NamedColor.Segmentation.First(known =>
            string.Equals(known.Name, name, StringComparison.Ordinal)
        );
        bool[] onCanvas = PictureFraming.Resize(mask, width, height, new ImageSize(source.Width, source.Height));
        var plane = new PixelPlane(
            source.Width,
            source.Height,
            [.. onCanvas.Select(inside => inside ? (byte)1 : (byte)0)]
        );
        return new ProtocolPart(source, ColorOverlay.Apply(source, plane, color, roundsDown: false), word(name), color);
    }

    /// <summary>What of an answer agrees, in pixels of the picture's own size.</summary>
    /// <param name="part">What was asked.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="mask">What is right.</param>
    /// <param name="isCounted">Pixels that count; null for all.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    public static MaskOverlap Overlap(
        ProtocolPart part,
        ProtocolAnswer answer,
        bool[] mask,
        Func<int, bool>? isCounted,
        int width,
        int height
    )
    {
        var canvas = new ImageSize(part.Source.Width, part.Source.Height);
        bool[] found = PictureFraming.Resize(
            Read(part, answer),
            canvas.Width,
            canvas.Height,
            new ImageSize(width, height)
        );
        return isCounted is null
            ? MaskOverlap.Of(mask, found)
            : MaskOverlap.Of(
                [.. mask.Select((inside, i) => inside && isCounted(i))],
                [.. found.Select((inside, i) => inside && isCounted(i))]
            );
    }

    /// <summary>The mask that was read out, white on the darkened source.</summary>
    public static RgbImage Draw(ProtocolPart part, ProtocolAnswer answer)
    {
        bool[] mask = Read(part, answer);
        byte[] pixels = part.Source.Pixels.ToArray();
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = mask[i / RgbImage.Channels] ? byte.MaxValue : (byte)(pixels[i] / 2);
        }
        return new RgbImage(part.Source.Width, part.Source.Height, pixels);
    }

    private static bool[] Read(ProtocolPart part, ProtocolAnswer answer)
    {
        NamedColor color = part.Color!;
        return PaintedMask.Read(answer.Before, answer.Picture, new PaintColor(color.Red, color.Green, color.Blue));
    }
}
