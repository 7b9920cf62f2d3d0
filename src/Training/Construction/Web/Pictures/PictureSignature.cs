using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Construction.Web.Pictures;

/// <summary>
/// What of a picture is compared with others: structure by <see cref="PerceptualHash"/>, which is blind to colour, and the colours of
/// 8x8 fields, so that the same car in red and in blue are two pictures.
/// </summary>
/// <param name="Hash">See <see cref="PerceptualHash"/>.</param>
/// <param name="Colours">8 rows of 8 fields of R, G, B.</param>
internal sealed record PictureSignature(ulong Hash, byte[] Colours)
{
    /// <summary>Mean difference of two near-duplicates' fields at most, of 255.</summary>
    public const double NearColour = 6;

    /// <summary>Of <see cref="Colours"/>.</summary>
    public const int ColourBytes = Fields * Fields * RgbImage.Channels;

    private const int Fields = 8;

    /// <summary>A picture's signature.</summary>
    public static PictureSignature Of(RgbImage picture)
    {
        RgbImage fields = ImageResizer.Resize(picture, new ImageSize(Fields, Fields), ResizeFilter.Bilinear);
        return new PictureSignature(PerceptualHash.Of(picture), fields.Pixels.ToArray());
    }

    /// <summary>Whether both show the same colours at the same places.</summary>
    public bool HasColoursOf(PictureSignature other)
    {
        int sum = 0;
        for (int i = 0; i < Colours.Length; i++)
        {
            sum += Math.Abs(Colours[i] - other.Colours[i]);
        }
        return sum <= NearColour * Colours.Length;
    }
}
