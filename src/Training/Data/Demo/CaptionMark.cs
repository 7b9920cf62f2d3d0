using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A disc or a half-transparent patch that a caption mentions.</summary>
/// <param name="Color">Its colour.</param>
/// <param name="IsDisc">A disc as for keypoints; otherwise a patch.</param>
/// <param name="X">Centre, 0 left … 1 right.</param>
/// <param name="Y">Centre, 0 top … 1 bottom.</param>
/// <param name="Width">Of a patch, as a part of the side.</param>
/// <param name="Height">Of a patch, as a part of the side.</param>
internal sealed record CaptionMark(NamedColor Color, bool IsDisc, double X, double Y, double Width, double Height)
{
    /// <summary>The caption's words for it.</summary>
    public string Words =>
        $"{DemoNoun.WithArticle(Color.Name)} {(IsDisc ? "circle" : "patch")} {DemoCaptionDataset.PlaceOf(X, Y)}";

    /// <summary>One or two of the same kind.</summary>
    public static IReadOnlyList<CaptionMark> Draw(ref CounterRandom random)
    {
        bool isDisc = random.Chance(0.5);
        IReadOnlyList<NamedColor> palette = isDisc ? NamedColor.Keypoints : NamedColor.Segmentation;
        var marks = new CaptionMark[1 + random.Next(2)];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = new CaptionMark(
                random.Pick(palette),
                isDisc,
                random.NextDouble(0.1, 0.9),
                random.NextDouble(0.1, 0.9),
                random.NextDouble(0.2, 0.5),
                random.NextDouble(0.2, 0.5)
            );
        }
        return marks;
    }

    /// <summary>Draws it over R G B bytes: a disc opaquely, a patch (an ellipse) half transparent.</summary>
    public void Paint(Span<byte> pixels, int side)
    {
        if (IsDisc)
        {
            PictureMarks.Disc(pixels, side, (int)(X * side), (int)(Y * side), SceneRenderer.DiscRadius(side), Color);
            return;
        }
        var shape = new float[side * side];
        for (int i = 0; i < shape.Length; i++)
        {
            double dx = ((i % side + 0.5) / side - X) / (Width / 2);
            double dy = ((double)(i / side) / side - Y) / (Height / 2);
            shape[i] = dx * dx + dy * dy <= 1 ? 1 : 0;
        }
        PictureMarks.Overlay(pixels, shape, Color, SceneRenderer.OverlayOpacity);
    }
}
