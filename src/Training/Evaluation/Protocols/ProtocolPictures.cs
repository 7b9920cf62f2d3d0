using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>A picture of each of a part's first items: for each edit a row of source, answer, ideal and what was read out.</summary>
/// <param name="folder">Where they lie.</param>
internal sealed class ProtocolPictures(string folder)
{
    /// <summary>Items of a part that are shown.</summary>
    public const int Kept = 12;

    private const int LongestSide = 256;
    private const int MostParts = 4;

    /// <summary>Writes an item's.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Write(
        string split,
        int index,
        IProtocol protocol,
        ProtocolItem item,
        IReadOnlyList<ProtocolAnswer> answers
    )
    {
        var cells = new List<RgbImage>();
        int columns = 0;
        foreach ((int part, ProtocolAnswer answer) in answers.Index().Take(MostParts))
        {
            RgbImage?[] row =
            [
                item.Parts[part].Source,
                answer.Picture,
                item.Parts[part].Ideal,
                protocol.ReadOut(item, part, answer),
            ];
            RgbImage[] there = [.. row.OfType<RgbImage>().Select(Small)];
            columns = there.Length;
            cells.AddRange(there);
        }
        Directory.CreateDirectory(folder);
        string path = PathOf(split, index);
        byte[] png = ImageCodec.Encode(ImageGrid.Tile(cells, columns), ImageFileFormat.Png);
        DiskFullException.Watch(path, () => File.WriteAllBytes(path, png));
    }

    /// <summary>An item's picture as PNG; null where there is none.</summary>
    public byte[]? Read(string split, int index) =>
        File.Exists(PathOf(split, index)) ? File.ReadAllBytes(PathOf(split, index)) : null;

    /// <summary>The name of an item's picture.</summary>
    public static string NameOf(string split, int index)
    {
        string name = string.Concat(split.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{index:D6}.png");
    }

    private string PathOf(string split, int index) => Path.Combine(folder, NameOf(split, index));

    private static RgbImage Small(RgbImage picture)
    {
        double scale = (double)LongestSide / Math.Max(picture.Width, picture.Height);
        return scale >= 1
            ? picture
            : ImageResizer.Resize(
                picture,
                new ImageSize(Math.Max(1, (int)(picture.Width * scale)), Math.Max(1, (int)(picture.Height * scale))),
                ResizeFilter.Lanczos3
            );
    }
}
