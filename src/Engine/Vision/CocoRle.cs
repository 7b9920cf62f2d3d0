using System.Text;

namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// A mask as COCO writes it: the lengths of the runs of pixels outside and inside in turn, column by column from the top left, the
/// first one outside.
/// </summary>
/// <param name="Height">Rows of the picture; COCO names them first.</param>
/// <param name="Width">Pixels a row.</param>
/// <param name="Counts">The lengths, which sum to the picture's pixels; only the first may be 0.</param>
public sealed record CocoRle(int Height, int Width, IReadOnlyList<int> Counts)
{
    /// <summary>The runs of a mask.</summary>
    public static CocoRle Of(PixelMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        int[] places = Changes(mask);
        var counts = new List<int>();
        int done = 0;
        for (int i = 0; i < places.Length; i++)
        {
            // A run that leaves a column at its foot and enters the next at its top goes on.
            if (i + 1 < places.Length && places[i] == places[i + 1])
            {
                i++;
                continue;
            }
            counts.Add(places[i] - done);
            done = places[i];
        }
        int all = checked(mask.Width * mask.Height);
        if (done < all)
        {
            counts.Add(all - done);
        }
        return new CocoRle(mask.Height, mask.Width, counts);
    }

    /// <summary>
    /// The counts as COCO's compressed text: each from the fourth on as its difference to the one two before it, in digits of five
    /// bits and a sixth that says that more follow, lowest first, as characters from '0' on.
    /// </summary>
    public string ToCompressed()
    {
        var text = new StringBuilder(2 * Counts.Count);
        for (int i = 0; i < Counts.Count; i++)
        {
            int rest = i > 2 ? Counts[i] - Counts[i - 2] : Counts[i];
            bool isMore = true;
            while (isMore)
            {
                int digit = rest & 0x1F;
                rest >>= 5;
                // The highest bit of the last digit is the sign.
                isMore = rest != ((digit & 0x10) != 0 ? -1 : 0);
                text.Append((char)('0' + digit + (isMore ? 0x20 : 0)));
            }
        }
        return text.ToString();
    }

    /// <summary>Where columns enter and leave the mask, counted down the columns; a column that ends inside leaves it at its foot.</summary>
    private static int[] Changes(PixelMask mask)
    {
        var edges = new List<MaskEdge>();
        int[] next = new int[mask.Width + 1]; // first the number of changes left of each column, then where its next one goes
        for (int y = 0; y <= mask.Height; y++)
        {
            MaskEdges.OnLine(mask, y, edges);
            foreach (MaskEdge edge in edges)
            {
                for (int x = edge.Left; x < edge.Right; x++)
                {
                    next[x + 1]++;
                }
            }
        }
        for (int x = 0; x < mask.Width; x++)
        {
            next[x + 1] += next[x];
        }
        int[] places = new int[next[^1]];
        for (int y = 0; y <= mask.Height; y++)
        {
            MaskEdges.OnLine(mask, y, edges);
            foreach (MaskEdge edge in edges)
            {
                for (int x = edge.Left; x < edge.Right; x++)
                {
                    places[next[x]++] = x * mask.Height + y;
                }
            }
        }
        return places;
    }
}
