namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// The horizontal edges of a mask: where a row's pixels differ from those of the row above. Everything that is told about a mask's
/// outline follows from them.
/// </summary>
internal static class MaskEdges
{
    /// <summary>The edges on the line above row <paramref name="y"/>, from left to right; a new list's worth, added to <paramref name="edges"/>.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="y">From 0, the picture's upper side, to the mask's height, its lower side.</param>
    /// <param name="edges">Cleared first. Edges that meet in a point have the mask on different sides.</param>
    public static void OnLine(PixelMask mask, int y, List<MaskEdge> edges)
    {
        edges.Clear();
        ReadOnlySpan<PixelSpan> above = y > 0 ? mask.Row(y - 1) : [];
        ReadOnlySpan<PixelSpan> below = y < mask.Height ? mask.Row(y) : [];
        int firstAbove = y > 0 ? mask.FirstSpan(y - 1) : 0;
        int firstBelow = y < mask.Height ? mask.FirstSpan(y) : 0;
        int i = 0; // twice the span's index, and one more behind its start
        int j = 0;
        int at = 0;
        while (i < 2 * above.Length || j < 2 * below.Length)
        {
            int next = Math.Min(Boundary(above, i), Boundary(below, j));
            bool inAbove = (i & 1) == 1;
            bool inBelow = (j & 1) == 1;
            if (inAbove != inBelow)
            {
                edges.Add(new MaskEdge(at, next, inBelow, inBelow ? firstBelow + j / 2 : firstAbove + i / 2));
            }
            i += Boundary(above, i) == next ? 1 : 0;
            j += Boundary(below, j) == next ? 1 : 0;
            at = next;
        }
    }

    // A row's spans as one rising list of the places where it enters and leaves the mask.
    private static int Boundary(ReadOnlySpan<PixelSpan> row, int index) =>
        index >= 2 * row.Length ? int.MaxValue
        : (index & 1) == 0 ? row[index / 2].Start
        : row[index / 2].End;
}

/// <summary>A horizontal edge between pixels of a mask and pixels outside.</summary>
/// <param name="Left">Where it begins, in pixels from the left side.</param>
/// <param name="Right">Where it ends.</param>
/// <param name="IsMaskBelow">True when the mask lies below it, false when above.</param>
/// <param name="Span">Index of the span that it is an edge of.</param>
internal readonly record struct MaskEdge(int Left, int Right, bool IsMaskBelow, int Span);
