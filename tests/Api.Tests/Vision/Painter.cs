using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

/// <summary>A model that understands the instructions of the vision routes and paints what it is told beforehand.</summary>
internal static class Painter
{
    public static ModelDescription Model { get; } =
        new FakeEditPipeline().Description with
        {
            Name = "painter",
            IsUntrainedReference = false,
            Tasks =
            [
                Task("segmentation", 7.5, 1.5, 4),
                Task("keypoints", 6, 0.5, 5) with
                {
                    Templates = ["put a {color} dot on the {target}"],
                    DiscRadius = 4.0 / 64,
                },
                Task("denoise", 1, 1, 6) with
                {
                    Instructions = ["remove the noise from this photo"],
                },
                Task("watermark_removal", 2, 1, 3),
            ],
        };

    /// <summary>Covers half the pixels' colour where it is told, with the colour that the instruction names.</summary>
    public static Func<EditRequest, RgbImage> Covering(Func<int, int, bool> where, double opacity = 0.5) =>
        request => Cover(request.Image, ColorIn(request.Instruction, PaintPalette.Segmentation), opacity, where);

    /// <summary>Draws discs at the points whose names the instruction holds.</summary>
    public static Func<EditRequest, RgbImage> Marking(params (string Name, int X, int Y)[] points) =>
        request =>
            points
                .Where(point => request.Instruction.Contains(point.Name, StringComparison.Ordinal))
                .Aggregate(
                    request.Image,
                    (image, point) =>
                        Cover(
                            image,
                            ColorIn(request.Instruction, PaintPalette.Keypoints),
                            1,
                            (x, y) => (x - point.X) * (x - point.X) + (y - point.Y) * (y - point.Y) <= 17
                        )
                );

    public static RgbImage Cover(RgbImage image, PaintColor color, double opacity, Func<int, int, bool> where)
    {
        byte[] pixels = image.Pixels.ToArray();
        byte[] paint = [color.Red, color.Green, color.Blue];
        for (int i = 0; i < pixels.Length; i++)
        {
            if (where(i / 3 % image.Width, i / 3 / image.Width))
            {
                pixels[i] = (byte)Math.Round(pixels[i] * (1 - opacity) + paint[i % 3] * opacity);
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static PaintColor ColorIn(string instruction, IReadOnlyList<NamedPaint> palette) =>
        palette.First(paint => instruction.Split(' ').Contains(paint.Name)).Color;

    private static TaskPreset Task(string name, double text, double image, int steps) =>
        new()
        {
            Name = name,
            TextGuidanceScale = text,
            ImageGuidanceScale = image,
            Steps = steps,
            Resolution = 64,
        };
}
