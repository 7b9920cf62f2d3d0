namespace InstructDiffusion.Training.Data.Demo;

/// <summary>One cut-out picture of a thing: a 64-pixel RGBA file of the demo data.</summary>
public sealed record DemoGlyph
{
    /// <summary>The picture's short name where it comes from, e.g. <c>black_cat</c>.</summary>
    public required string Name { get; init; }

    /// <summary>File name below <c>objects/</c>.</summary>
    public required string File { get; init; }

    /// <summary>The one colour that people would call it by; null when it has several or none that matters.</summary>
    public string? Color { get; init; }

    /// <summary>Kept for evaluation: never seen in training.</summary>
    public bool HeldOut { get; init; }

    /// <summary>Where its visible part lies in the file: left edge, pixels.</summary>
    public int Left { get; init; }

    /// <summary>Where its visible part lies in the file: top edge, pixels.</summary>
    public int Top { get; init; }

    /// <summary>Width of the visible part, pixels; 0 in a list that was not built yet.</summary>
    public int Width { get; init; }

    /// <summary>Height of the visible part, pixels.</summary>
    public int Height { get; init; }

    /// <summary>Mean colour weighted by opacity, six hexadecimal digits.</summary>
    public string Mean { get; init; } = "000000";

    /// <summary>Mean (max − min)/255 of the colours, 0…1: how much there is to recolour.</summary>
    public double Chroma { get; init; }
}
