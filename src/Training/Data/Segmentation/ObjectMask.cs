using System.Text.Json;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>Where an object lies, as COCO's annotations have it: polygons or run lengths.</summary>
internal abstract class ObjectMask
{
    /// <summary>Adds one to every pixel inside, for each polygon that it is inside of; 255 stays 255.</summary>
    /// <param name="counts">A byte a pixel, row by row.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <exception cref="BrokenSampleException">It is of another size.</exception>
    public abstract void AddTo(Span<byte> counts, int width, int height);

    /// <summary>Reads an annotation's <c>segmentation</c>.</summary>
    /// <param name="json">A list of polygons, or an object of <c>size</c> and <c>counts</c>.</param>
    /// <param name="problem">Why it cannot be used, without its values; empty otherwise.</param>
    /// <returns>Null when it cannot be used.</returns>
    public static ObjectMask? Parse(JsonElement json, out string problem) =>
        json.ValueKind switch
        {
            JsonValueKind.Array => PolygonMask.Parse(json, out problem),
            JsonValueKind.Object => RunLengthMask.Parse(json, out problem),
            _ => None(out problem, "a segmentation that is neither polygons nor run lengths"),
        };

    /// <summary>Nothing, and why.</summary>
    protected static ObjectMask? None(out string problem, string why)
    {
        problem = why;
        return null;
    }

    /// <summary>Adds one to a pixel.</summary>
    protected static void Count(ref byte pixel)
    {
        if (pixel < byte.MaxValue)
        {
            pixel++;
        }
    }
}
