using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Segmentation;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>The shapes of a PhraseCut entry as pixels: its polygons, or its boxes where it has none. All instances together.</summary>
internal static class PhraseCutShapes
{
    private const int MostShapes = 10_000;

    /// <summary>Reads and draws them.</summary>
    /// <exception cref="RejectedItemException">They are none, or absurd.</exception>
    public static RegionMask Draw(PhraseCutTask task, int width, int height)
    {
        List<double[]> polygons = Polygons(task.Polygons);
        if (polygons.Count == 0)
        {
            polygons = Boxes(task.InstanceBoxes);
        }
        if (polygons.Count == 0)
        {
            throw new RejectedItemException("a phrase without polygons and boxes", task.Phrase ?? "");
        }
        JsonElement flat = JsonSerializer.SerializeToElement(polygons);
        ObjectMask mask =
            PolygonMask.Parse(flat, out string problem)
            ?? throw new RejectedItemException(problem, $"{polygons.Count} polygons");
        byte[] counts = new byte[width * height];
        mask.AddTo(counts, width, height);
        return new RegionMask(width, height, [.. counts.Select(count => count > 0)]);
    }

    private static List<double[]> Polygons(JsonElement instances)
    {
        var polygons = new List<double[]>();
        foreach (JsonElement instance in Items(instances, "Polygons"))
        {
            foreach (JsonElement polygon in Items(instance, "Polygons"))
            {
                var flat = new List<double>();
                foreach (JsonElement point in Items(polygon, "Polygons"))
                {
                    flat.AddRange(Numbers(point, 2, "a point that is not two numbers"));
                }
                Add(polygons, [.. flat]);
            }
        }
        return polygons;
    }

    private static List<double[]> Boxes(JsonElement boxes)
    {
        var polygons = new List<double[]>();
        foreach (JsonElement box in Items(boxes, "instance_boxes"))
        {
            double[] sides = Numbers(box, 4, "a box that is not four numbers");
            (double x, double y, double width, double height) = (sides[0], sides[1], sides[2], sides[3]);
            if (!(width > 0 && height > 0))
            {
                throw new RejectedItemException("a box without extent", $"{width}x{height}");
            }
            Add(polygons, [x, y, x + width, y, x + width, y + height, x, y + height]);
        }
        return polygons;
    }

    private static void Add(List<double[]> polygons, double[] polygon)
    {
        if (polygons.Count == MostShapes)
        {
            throw new RejectedItemException("polygons of an absurd size", $"over {MostShapes} of them");
        }
        polygons.Add(polygon);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string name) =>
        list.ValueKind switch
        {
            JsonValueKind.Array => list.EnumerateArray(),
            JsonValueKind.Undefined or JsonValueKind.Null => default, // enumerates nothing
            _ => throw new RejectedItemException($"{name} of another form", list.ValueKind.ToString()),
        };

    private static double[] Numbers(JsonElement list, int count, string otherwise)
    {
        double[] numbers =
            list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == count
                ?
                [
                    .. list.EnumerateArray()
                        .Where(item => item.ValueKind == JsonValueKind.Number)
                        .Select(item => item.TryGetDouble(out double number) ? number : double.NaN)
                        .Where(double.IsFinite),
                ]
                : [];
        return numbers.Length == count
            ? numbers
            : throw new RejectedItemException(otherwise, list.GetRawText()[..Math.Min(list.GetRawText().Length, 80)]);
    }
}
