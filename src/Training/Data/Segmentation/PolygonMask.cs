using System.Text.Json;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// Polygons, made pixels by COCO's rule (the mask API of its toolbox): the boundary is walked in fifths of a pixel; wherever it passes
/// the middle of a column of pixels, everything below that place in the column changes sides. Columns are one long line, so that
/// a boundary at the bottom of one changes the next from its top.
/// </summary>
/// <param name="polygons">x y x y …, in pixels; at least three points each.</param>
internal sealed class PolygonMask(IReadOnlyList<double[]> polygons) : ObjectMask
{
    private const int Fifths = 5;
    private const int MiddleFifth = 2;
    private const double FarthestCoordinate = 100_000;
    private const int MostPolygons = 10_000;
    private const int MostPoints = 1_000_000;

    // A boundary of so many fifths crosses the largest picture 200 times.
    private const long LongestWalk = 20_000_000;

    /// <inheritdoc/>
    public override void AddTo(Span<byte> counts, int width, int height)
    {
        var changes = new bool[(width * height) + 1];
        foreach (double[] polygon in polygons)
        {
            Array.Clear(changes);
            Walk(polygon, changes, width, height);
            bool isInside = false;
            for (int x = 0; x < width; x++)
            {
                for (int y = 0; y < height; y++)
                {
                    isInside ^= changes[x * height + y];
                    if (isInside)
                    {
                        Count(ref counts[y * width + x]);
                    }
                }
            }
        }
    }

    /// <summary>Reads a list of polygons.</summary>
    internal static new ObjectMask? Parse(JsonElement json, out string problem)
    {
        problem = "";
        var polygons = new List<double[]>();
        long points = 0;
        double walk = 0;
        foreach (JsonElement item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Array || !TryNumbers(item, out double[] polygon))
            {
                return None(out problem, "a polygon that is no list of numbers");
            }
            if (polygon.Length < 6 || polygon.Length % 2 != 0)
            {
                return None(out problem, "a polygon of fewer than three points, or of half a point");
            }
            if (!polygon.All(value => Math.Abs(value) <= FarthestCoordinate))
            {
                return None(out problem, "a polygon with a point that is nowhere near its picture");
            }
            points += polygon.Length / 2;
            walk += Length(polygon) * Fifths;
            if (polygons.Count == MostPolygons || points > MostPoints || walk > LongestWalk)
            {
                return None(out problem, "polygons of an absurd size");
            }
            polygons.Add(polygon);
        }
        return polygons.Count > 0 ? new PolygonMask(polygons) : None(out problem, "a segmentation without polygons");
    }

    private static bool TryNumbers(JsonElement json, out double[] numbers)
    {
        var list = new List<double>();
        foreach (JsonElement item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetDouble(out double number))
            {
                numbers = [];
                return false;
            }
            list.Add(number);
        }
        numbers = [.. list];
        return true;
    }

    private static double Length(double[] polygon)
    {
        double length = 0;
        for (int i = 0; i < polygon.Length; i += 2)
        {
            int next = (i + 2) % polygon.Length;
            length += Math.Max(Math.Abs(polygon[next] - polygon[i]), Math.Abs(polygon[next + 1] - polygon[i + 1]));
        }
        return length;
    }

    private static void Walk(double[] polygon, bool[] changes, int width, int height)
    {
        int points = polygon.Length / 2;
        for (int i = 0; i < points; i++)
        {
            int next = (i + 1) % points;
            WalkEdge(
                ToFifths(polygon[2 * i]),
                ToFifths(polygon[(2 * i) + 1]),
                ToFifths(polygon[2 * next]),
                ToFifths(polygon[(2 * next) + 1]),
                changes,
                width,
                height
            );
        }
    }

    // Towards zero, as the toolbox's cast does; it shows left of and above the picture only.
    private static int ToFifths(double coordinate) => (int)((Fifths * coordinate) + 0.5);

    /// <summary>
    /// Visits an edge one fifth of its longer extent at a time. It is computed from the end with the smaller coordinate, so that an
    /// edge that two objects share is the same line for both.
    /// </summary>
    private static void WalkEdge(int x0, int y0, int x1, int y1, bool[] changes, int width, int height)
    {
        int wide = Math.Abs(x1 - x0);
        int high = Math.Abs(y1 - y0);
        bool isFlat = wide >= high;
        int steps = Math.Max(wide, high);
        bool isBackwards = isFlat ? x0 > x1 : y0 > y1;
        (int fromX, int fromY, int toX, int toY) = isBackwards ? (x1, y1, x0, y0) : (x0, y0, x1, y1);
        double slope = isFlat ? (double)(toY - fromY) / wide : (double)(toX - fromX) / high;
        (int lastX, int lastY) = (0, 0);
        for (int step = 0; step <= steps && steps > 0; step++)
        {
            int along = isBackwards ? steps - step : step;
            int x = isFlat ? fromX + along : (int)(fromX + (slope * along) + 0.5);
            int y = isFlat ? (int)(fromY + (slope * along) + 0.5) : fromY + along;
            if (step > 0 && x != lastX)
            {
                Pass(Math.Min(x, lastX), Math.Min(y, lastY), changes, width, height);
            }
            (lastX, lastY) = (x, y);
        }
    }

    /// <summary>The boundary goes from one fifth of a column to the next, at a height given in fifths.</summary>
    private static void Pass(int x, int y, bool[] changes, int width, int height)
    {
        (int column, int rest) = Math.DivRem(x - MiddleFifth, Fifths);
        if (rest != 0 || column < 0 || column >= width)
        {
            return;
        }
        int row = (int)Math.Clamp(Math.Ceiling((y - MiddleFifth) / (double)Fifths), 0, height);
        changes[(column * height) + row] ^= true;
    }
}
