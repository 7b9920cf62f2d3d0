namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A photograph of the demo data: where it is from, who made it, under which licence.</summary>
public sealed record DemoPhotograph
{
    /// <summary>Short and unique.</summary>
    public required string Name { get; init; }

    /// <summary>The package that ships it.</summary>
    public required string Package { get; init; }

    /// <summary>File inside the unpacked package.</summary>
    public required string Path { get; init; }

    /// <summary>File inside <see cref="Path"/>, where that is a Qt resource archive.</summary>
    public string? Entry { get; init; }

    /// <summary>The photographer, as the package says.</summary>
    public required string Author { get; init; }

    /// <summary>The licence, as the package says.</summary>
    public required string Licence { get; init; }

    /// <summary>Where the package has it from, if it says so.</summary>
    public string? Origin { get; init; }

    /// <summary>Nouns of the demo that it shows itself: scenes with it leave these alone, so that no instruction is ambiguous.</summary>
    public IReadOnlyList<string> Contains { get; init; } = [];

    /// <summary>Kept for evaluation: never seen in training.</summary>
    public bool HeldOut { get; init; }

    /// <summary>File name below <c>photographs/</c>; empty in a list that was not built yet.</summary>
    public string File { get; init; } = "";

    /// <summary>Pixels a row of <see cref="File"/>.</summary>
    public int Width { get; init; }

    /// <summary>Rows of <see cref="File"/>.</summary>
    public int Height { get; init; }

    /// <summary>Mean colours of its 8×8 parts, row by row, six hexadecimal digits each: what colour a mark would lie on.</summary>
    public string Tones { get; init; } = "";
}
