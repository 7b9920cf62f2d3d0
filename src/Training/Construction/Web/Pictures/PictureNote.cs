using System.Globalization;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Construction.Web.Pictures;

/// <summary>What is noted of a picture when it is fetched, so that choosing pairs need not decode it again.</summary>
internal sealed record PictureNote
{
    /// <summary>Pixels, upright.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels, upright.</summary>
    public required int Height { get; init; }

    /// <summary>See <see cref="PerceptualHash"/>; 16 hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>See <see cref="PictureSignature.Colours"/>.</summary>
    public required byte[] Colours { get; init; }

    /// <summary>Both together; null where the note was changed to what none can be.</summary>
    [JsonIgnore]
    public PictureSignature? Signature =>
        ulong.TryParse(Hash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hash)
        && Colours.Length == PictureSignature.ColourBytes
        && Width > 0
        && Height > 0
            ? new PictureSignature(hash, Colours)
            : null;

    /// <summary>The note of a picture.</summary>
    public static PictureNote Of(RgbImage picture)
    {
        PictureSignature signature = PictureSignature.Of(picture);
        return new PictureNote
        {
            Width = picture.Width,
            Height = picture.Height,
            Hash = signature.Hash.ToString("x16", CultureInfo.InvariantCulture),
            Colours = signature.Colours,
        };
    }
}
