using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>A mask as it was read out of a painted picture, at that picture's size, with how sure it is.</summary>
public sealed class MaskReading
{
    private readonly byte[] _shares;
    private readonly int[] _pieces;
    private readonly double[] _confidences;

    /// <summary>Takes the arrays over.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="shares">How much of each pixel is paint: above 127 in the mask, up to 127 outside.</param>
    /// <param name="pieces">The piece that each pixel belongs to, from 1 on; 0 outside.</param>
    /// <param name="confidences">Of each piece.</param>
    /// <param name="confidence">Of all.</param>
    internal MaskReading(int width, byte[] shares, int[] pieces, double[] confidences, double confidence)
    {
        Size = new ImageSize(width, shares.Length / width);
        _shares = shares;
        _pieces = pieces;
        _confidences = confidences;
        Confidence = confidence;
    }

    /// <summary>The painted picture's size.</summary>
    public ImageSize Size { get; }

    /// <summary>Whether anything is painted.</summary>
    public bool IsFound => _confidences.Length > 0;

    /// <summary>How clearly the mask is painted and the rest of the picture is not, 0…1, whether it is found or not.</summary>
    public double Confidence { get; }

    /// <summary>
    /// The mask of a larger or smaller picture of the same content. How much of a pixel is paint is interpolated between the pixels
    /// (averaged over them in a smaller picture) and decided anew, which keeps soft outlines smooth and every outline crisp.
    /// </summary>
    /// <param name="size">The picture's size.</param>
    public (PixelMask Mask, IReadOnlyList<MaskPiece> Pieces) At(ImageSize size)
    {
        var scaler = new MaskScaler(_shares, Size, size);
        var found = new MaskPiece?[_confidences.Length];
        PixelMask mask = PixelMask.FromRows(
            size.Width,
            size.Height,
            (y, row) =>
            {
                scaler.FillRow(y, row);
                foreach (PixelSpan span in row)
                {
                    int piece = _pieces[scaler.StrongestAt(span.Start, y)] - 1;
                    var box = PixelBox.Of(span, y);
                    found[piece] = found[piece] is { } known
                        ? known with
                        {
                            Box = known.Box.Around(box),
                            Area = known.Area + span.Length,
                        }
                        : new MaskPiece(box, span.Length, _confidences[piece]);
                }
            }
        );
        return (mask, [.. found.OfType<MaskPiece>()]);
    }
}
