using NetVips;

namespace InstructDiffusion.Engine.Imaging;

public static partial class ImageCodec
{
    /// <summary>Profiles larger than this are ignored; press profiles have 0.5 to 3 MB.</summary>
    private const int MaxProfileBytes = 8 << 20;

    /// <summary>Colours through the embedded profile to 8-bit sRGB, or null when the profile is of no use.</summary>
    private static Image? TryApplyProfile(Image colours)
    {
        if (colours.Get(ProfileField) is not byte[] { Length: <= MaxProfileBytes } profile)
        {
            return null;
        }
        try
        {
            if (colours is { Bands: 3, Format: Enums.BandFormat.Uchar } && IsSrgb(profile))
            {
                return colours.Copy();
            }
            return Transform(colours);
        }
        catch (VipsException)
        {
            return null; // broken, hostile, or made for another kind of colour: the picture is still good
        }
    }

    private static Image Transform(Image colours) =>
        colours.IccTransform(
            "srgb",
            embedded: true,
            intent: Enums.Intent.Relative,
            blackPointCompensation: true,
            depth: 8
        );

    /// <summary>
    /// Tries the profile on a lattice of colours. Most photographs carry sRGB itself: they are then left exactly as they are, and
    /// the conversion's time is saved.
    /// </summary>
    private static bool IsSrgb(byte[] profile)
    {
        const int MaxDifference = 1;
        byte[] lattice = MakeLattice();
        using Image plain = Image.NewFromMemory(lattice, lattice.Length / 3, 1, 3, Enums.BandFormat.Uchar);
        using Image typed = plain.Copy(interpretation: Enums.Interpretation.Srgb);
        using Image tagged = typed.Mutate(image => image.Set(GValue.BlobType, ProfileField, profile));
        using Image converted = Transform(tagged);
        byte[] result = converted.WriteToMemory<byte>();
        for (int i = 0; i < lattice.Length; i++)
        {
            if (Math.Abs(lattice[i] - result[i]) > MaxDifference)
            {
                return false;
            }
        }
        return true;
    }

    private static byte[] MakeLattice()
    {
        const int Levels = 16;
        const int Spacing = 255 / (Levels - 1);
        var lattice = new byte[Levels * Levels * Levels * 3];
        for (int i = 0; i < lattice.Length / 3; i++)
        {
            lattice[3 * i] = (byte)(i % Levels * Spacing);
            lattice[(3 * i) + 1] = (byte)(i / Levels % Levels * Spacing);
            lattice[(3 * i) + 2] = (byte)(i / Levels / Levels * Spacing);
        }
        return lattice;
    }
}
