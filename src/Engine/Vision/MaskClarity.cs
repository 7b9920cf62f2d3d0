namespace InstructDiffusion.Engine.Vision;

/// <summary>Sums up how clearly the pieces of a mask are painted, and how much the rest of the picture has changed.</summary>
internal sealed class MaskClarity(int pieces)
{
    private readonly double[] _paint = new double[pieces];
    private readonly int[] _pixels = new int[pieces];
    private double _change;
    private int _outside;

    /// <summary>One minus the mean change of the pixels outside.</summary>
    private double Calm => _outside == 0 ? 1 : 1 - _change / _outside;

    /// <summary>Counts a pixel of a piece.</summary>
    public void AddInside(int piece, double paint)
    {
        _paint[piece] += paint;
        _pixels[piece]++;
    }

    /// <summary>Counts a pixel outside.</summary>
    public void AddOutside(double change)
    {
        _change += change;
        _outside++;
    }

    /// <summary>The reading with the pieces that are clear enough.</summary>
    /// <param name="least">The least confidence of a piece.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="shares">How much of each pixel is paint; cleared where a piece is left out.</param>
    /// <param name="labels">The piece of each pixel from 1 on; numbered anew.</param>
    public MaskReading Keep(double least, int width, byte[] shares, int[] labels)
    {
        double[] confidences = [.. _paint.Select((paint, piece) => paint / _pixels[piece] * Calm)];
        int[] kept = [.. Enumerable.Range(0, confidences.Length).Where(piece => confidences[piece] >= least)];
        int[] numbers = new int[confidences.Length + 1];
        for (int i = 0; i < kept.Length; i++)
        {
            numbers[kept[i] + 1] = i + 1;
        }
        for (int i = 0; i < labels.Length; i++)
        {
            bool isLeftOut = labels[i] > 0 && numbers[labels[i]] == 0;
            labels[i] = numbers[labels[i]];
            shares[i] = isLeftOut ? (byte)0 : shares[i];
        }
        return new MaskReading(width, shares, labels, [.. kept.Select(piece => confidences[piece])], OfAll(kept));
    }

    // Of what is left; where nothing is, of what was left out.
    private double OfAll(int[] kept)
    {
        IReadOnlyList<int> counted = kept.Length > 0 ? kept : [.. Enumerable.Range(0, _paint.Length)];
        int pixels = counted.Sum(piece => _pixels[piece]);
        return pixels == 0 ? 0 : counted.Sum(piece => _paint[piece]) / pixels * Calm;
    }
}
