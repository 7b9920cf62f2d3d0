namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A word and the pictures of what it names.</summary>
public sealed record DemoNoun
{
    /// <summary>The word, lower case, singular.</summary>
    public required string Noun { get; init; }

    /// <summary>May be mirrored: false where a mirror image looks wrong, as of digits.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>At least one; the first is not held out and is what an instruction to add one gives.</summary>
    public required IReadOnlyList<DemoGlyph> Glyphs { get; init; }

    /// <summary>The word with its article, e.g. <c>an apple</c>.</summary>
    public static string WithArticle(string phrase)
    {
        ArgumentException.ThrowIfNullOrEmpty(phrase);
        return "aeiou".Contains(phrase[0], StringComparison.Ordinal) ? $"an {phrase}" : $"a {phrase}";
    }
}
