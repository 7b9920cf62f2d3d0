using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Vision;

/// <summary>Follows the outlines of a mask. Takes time and memory by the number of their corners.</summary>
public static class MaskOutlines
{
    /// <summary>The pieces of a mask (pixels joined at their sides) as polygons, in the order of their first pixels.</summary>
    public static IReadOnlyList<MaskPolygon> Trace(PixelMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        (List<MaskEdge> edges, List<int> lines) = AllEdges(mask);
        int[] next = Follow(mask.Width, edges, lines);
        int[] pieces = PiecesOfSpans(mask);

        var exteriors = new List<(int Piece, int[] Ring)>();
        var holes = new Dictionary<int, List<int[]>>();
        var walked = new bool[edges.Count];
        for (int start = 0; start < edges.Count; start++)
        {
            if (walked[start])
            {
                continue;
            }
            int piece = pieces[edges[start].Span];
            foreach (int[] ring in WalkFrom(start, edges, lines, next, walked))
            {
                if (IsClockwise(ring))
                {
                    exteriors.Add((piece, ring));
                }
                else
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(holes, piece, out _) ??= []).Add(ring);
                }
            }
        }
        return
        [
            .. exteriors.Select(exterior => new MaskPolygon(
                exterior.Ring,
                holes.TryGetValue(exterior.Piece, out List<int[]>? own) ? own : []
            )),
        ];
    }

    private static (List<MaskEdge> Edges, List<int> Lines) AllEdges(PixelMask mask)
    {
        var edges = new List<MaskEdge>();
        var lines = new List<int>();
        var line = new List<MaskEdge>();
        for (int y = 0; y <= mask.Height; y++)
        {
            MaskEdges.OnLine(mask, y, line);
            edges.AddRange(line);
            lines.AddRange(Enumerable.Repeat(y, line.Count));
        }
        return (edges, lines);
    }

    /// <summary>
    /// For each horizontal edge the one that follows it: with the mask on the right hand, an edge above the mask runs to the right,
    /// one below it to the left, and the vertical ones between them join ends to beginnings. Down a column of corners, every two
    /// in turn are joined.
    /// </summary>
    private static int[] Follow(int width, List<MaskEdge> edges, List<int> lines)
    {
        int[] at = new int[width + 2];
        foreach (MaskEdge edge in edges)
        {
            at[edge.Left + 1]++;
            at[edge.Right + 1]++;
        }
        for (int x = 0; x <= width; x++)
        {
            at[x + 1] += at[x];
        }
        int[] ends = [.. at]; // where the column's next corner goes
        var corners = new (int Edge, bool IsBegin)[2 * edges.Count];
        for (int i = 0; i < edges.Count; i++)
        {
            MaskEdge edge = edges[i];
            corners[ends[edge.Left]++] = (i, edge.IsMaskBelow);
            corners[ends[edge.Right]++] = (i, !edge.IsMaskBelow);
            // Two edges that end in one point, where pixels meet in a corner: each turns right, the right-hand one upwards.
            int last = ends[edge.Left] - 1;
            bool meets = last > at[edge.Left] && lines[corners[last - 1].Edge] == lines[i] && !corners[last].IsBegin;
            if (meets)
            {
                (corners[last - 1], corners[last]) = (corners[last], corners[last - 1]);
            }
        }
        int[] next = new int[edges.Count];
        for (int i = 0; i < corners.Length; i += 2)
        {
            (int begin, int end) = corners[i].IsBegin ? (i, i + 1) : (i + 1, i);
            next[corners[end].Edge] = corners[begin].Edge;
        }
        return next;
    }

    /// <summary>
    /// The outline through an edge, cut where it touches itself, so that each part is an outline of its own. All of them follow one
    /// piece, as every turn in a point where pixels meet in a corner is to the right.
    /// </summary>
    private static List<int[]> WalkFrom(int start, List<MaskEdge> edges, List<int> lines, int[] next, bool[] walked)
    {
        var rings = new List<int[]>();
        var path = new List<(int X, int Y)>();
        var places = new Dictionary<(int X, int Y), int>();
        for (int i = start; !walked[i]; i = next[i])
        {
            walked[i] = true;
            MaskEdge edge = edges[i];
            Visit((edge.IsMaskBelow ? edge.Left : edge.Right, lines[i]));
            Visit((edge.IsMaskBelow ? edge.Right : edge.Left, lines[i]));
        }
        rings.Add(Cut(path, places, 0));
        return rings;

        void Visit((int X, int Y) corner)
        {
            if (places.TryGetValue(corner, out int place))
            {
                rings.Add(Cut(path, places, place));
            }
            places[corner] = path.Count;
            path.Add(corner);
        }
    }

    private static int[] Cut(List<(int X, int Y)> path, Dictionary<(int X, int Y), int> places, int from)
    {
        int[] ring = new int[2 * (path.Count - from)];
        for (int i = from; i < path.Count; i++)
        {
            (ring[2 * (i - from)], ring[2 * (i - from) + 1]) = path[i];
            places.Remove(path[i]);
        }
        path.RemoveRange(from, path.Count - from);
        return ring;
    }

    private static bool IsClockwise(int[] ring)
    {
        long twiceTheArea = 0;
        for (int i = 0; i < ring.Length; i += 2)
        {
            int j = (i + 2) % ring.Length;
            twiceTheArea += (long)ring[i] * ring[j + 1] - (long)ring[j] * ring[i + 1];
        }
        return twiceTheArea > 0;
    }

    /// <summary>A number for each span, equal for the spans of a piece whose pixels are joined at their sides.</summary>
    private static int[] PiecesOfSpans(PixelMask mask)
    {
        var sets = new DisjointSets(mask.SpanCount);
        for (int y = 1; y < mask.Height; y++)
        {
            ReadOnlySpan<PixelSpan> above = mask.Row(y - 1);
            ReadOnlySpan<PixelSpan> below = mask.Row(y);
            for ((int i, int j) = (0, 0); i < above.Length && j < below.Length; )
            {
                if (above[i].Start < below[j].End && below[j].Start < above[i].End)
                {
                    sets.Join(mask.FirstSpan(y - 1) + i, mask.FirstSpan(y) + j);
                }
                if (above[i].End < below[j].End)
                {
                    i++;
                }
                else
                {
                    j++;
                }
            }
        }
        return [.. Enumerable.Range(0, mask.SpanCount).Select(sets.Find)];
    }
}
