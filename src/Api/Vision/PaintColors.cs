using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>Finds the colour that is painted with: the client's word, the instruction's, or the one that stands out most.</summary>
/// <param name="palette">The colours that the model was taught.</param>
internal sealed class PaintColors(IReadOnlyList<NamedPaint> palette)
{
    private string Names => string.Join(", ", palette.Select(paint => paint.Name));

    /// <summary>The colour of the field, for an instruction of ours: it must have a name. Null when absent or wrong.</summary>
    public NamedPaint? Named(FieldReader reader)
    {
        if (reader.Text(VisionField.Color) is not { } text)
        {
            return null;
        }
        PaintColor? hex = PaintPalette.Parse(text);
        NamedPaint? known = palette.FirstOrDefault(paint => IsNamed(paint, text) || paint.Color == hex);
        if (known is null)
        {
            reader.Fault(
                VisionField.Color,
                $"must be one of {Names}, or the #rrggbb of one, got '{EditForm.Shown(text)}'; another colour needs an instruction "
                    + "of your own"
            );
        }
        return known;
    }

    /// <summary>The colour for an instruction of the client's: the field's, or the one that the instruction names. Null when neither.</summary>
    public (PaintColor Color, string? Name)? Of(FieldReader reader, string instruction)
    {
        if (reader.Text(VisionField.Color) is { } text)
        {
            if (palette.FirstOrDefault(paint => IsNamed(paint, text)) is { } known)
            {
                return (known.Color, known.Name);
            }
            if (PaintPalette.Parse(text) is { } hex)
            {
                return (hex, palette.FirstOrDefault(paint => paint.Color == hex)?.Name);
            }
            reader.Fault(VisionField.Color, $"must be one of {Names}, or #rrggbb, got '{EditForm.Shown(text)}'");
            return null;
        }
        NamedPaint[] named = [.. palette.Where(paint => Words(instruction).Contains(paint.Name))];
        if (named.Length == 1)
        {
            return (named[0].Color, named[0].Name);
        }
        if (!reader.Has(VisionField.Color))
        {
            reader.Fault(
                VisionField.Color,
                $"is required with an instruction that names {(named.Length == 0 ? "none" : "several")} of {Names}"
            );
        }
        return null;
    }

    /// <summary>The colour that stands out most from the picture.</summary>
    public NamedPaint FarthestFrom(RgbImage picture) => PaintPalette.FarthestFrom(palette, picture);

    private static bool IsNamed(NamedPaint paint, string text) =>
        paint.Name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase);

    private static HashSet<string> Words(string text) =>
        new(new string([.. text.Select(c => char.IsLetter(c) ? c : ' ')]).Split(' '), StringComparer.OrdinalIgnoreCase);
}
