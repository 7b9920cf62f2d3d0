using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>COCO-Stuff's classes and its maps of labels.</summary>
internal static class StuffLabels
{
    /// <summary>Labels are 0…181.</summary>
    public const int Count = 182;

    /// <summary>The label of pixels without one.</summary>
    public const byte Unlabeled = 255;

    private const int LongestName = 100;

    // Of a PNG: signature, chunk length and type, width, height; then depth and kind of colour.
    private const int DepthOffset = 24;

    /// <summary>Reads <c>labels.txt</c>: lines of <c>id: name</c> with ids from 0 (unlabeled) to 182.</summary>
    /// <returns>Names by label, which is the id less one; lower case.</returns>
    /// <exception cref="DatasetException">The file is missing, or a name in it.</exception>
    public static IReadOnlyList<string> ReadNames(DatasetRoot root)
    {
        string path = root.Required("labels.txt");
        var names = new string[Count];
        using var lines = new BoundedLines(path, longest: 1000);
        while (lines.Next() is { } line)
        {
            string[] parts = line.Trim().Split(": ", 2);
            bool isNumbered = int.TryParse(parts[0], CultureInfo.InvariantCulture, out int id);
            if (parts.Length == 2 && isNumbered && id is >= 1 and <= Count && parts[1].Length <= LongestName)
            {
                names[id - 1] = parts[1].Trim().ToLowerInvariant();
            }
        }
        int missing = Array.FindIndex(names, string.IsNullOrEmpty);
        return missing < 0
            ? names
            : throw new DatasetException($"{path}: no line '{missing + 1}: name'; expected ids 0…{Count}");
    }

    /// <summary>Reads a map of labels: an 8-bit grey PNG.</summary>
    /// <exception cref="BrokenSampleException">It is another kind of picture, or damaged.</exception>
    public static PixelPlane ReadMap(DatasetRoot root, SamplePictures pictures, string name)
    {
        byte[] bytes = root.Read(name, SamplePictures.Limits.MaxBytes);
        // A palette's or a profile's colours would not be the numbers that are stored.
        bool isGrey = bytes.Length > DepthOffset + 1 && bytes.AsSpan(DepthOffset, 2).SequenceEqual((byte[])[8, 0]);
        if (!isGrey || bytes.AsSpan().IndexOf("iCCP"u8) >= 0)
        {
            throw new BrokenSampleException($"{name}: expected an 8-bit grey PNG without a profile");
        }
        RgbImage image = pictures.Decode(bytes, name);
        var labels = new byte[image.Width * image.Height];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = image.Pixels[i * RgbImage.Channels];
        }
        return new PixelPlane(image.Width, image.Height, labels);
    }
}
