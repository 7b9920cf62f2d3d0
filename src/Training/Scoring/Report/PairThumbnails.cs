using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>Pairs as small pictures, before and after side by side, for a page that loads nothing.</summary>
/// <param name="pairs">Where the pictures are.</param>
internal sealed class PairThumbnails(PairSets pairs)
{
    private const int Side = 100;
    private const int Quality = 80;

    private readonly Dictionary<int, string?> _made = [];

    /// <summary>A pair's picture as a <c>data:</c> address; null where it cannot be read.</summary>
    public string? Of(int index)
    {
        if (!_made.TryGetValue(index, out string? address))
        {
            _made.Add(index, address = Make(index));
        }
        return address;
    }

    private string? Make(int index)
    {
        try
        {
            RgbImage[] sides =
            [
                Small(pairs.ReadPicture(index, ShardMember.Source)),
                Small(pairs.ReadPicture(index, ShardMember.Target)),
            ];
            byte[] file = ImageCodec.Encode(ImageGrid.Tile(sides, columns: 2), ImageFileFormat.Jpeg, Quality);
            return $"data:image/jpeg;base64,{Convert.ToBase64String(file)}";
        }
        catch (BrokenSampleException)
        {
            return null;
        }
    }

    private static RgbImage Small(RgbImage picture)
    {
        double scale = Math.Min(1, (double)Side / Math.Max(picture.Width, picture.Height));
        var size = new ImageSize(
            Math.Max(1, (int)Math.Round(picture.Width * scale)),
            Math.Max(1, (int)Math.Round(picture.Height * scale))
        );
        return ImageResizer.Resize(picture, size, ResizeFilter.Bicubic);
    }
}
