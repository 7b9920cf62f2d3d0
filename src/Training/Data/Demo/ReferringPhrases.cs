namespace InstructDiffusion.Training.Data.Demo;

/// <summary>The ways in which an object of a scene can be referred to so that no other is meant.</summary>
internal static class ReferringPhrases
{
    /// <summary>How much farther than every other, as a part of the picture, an object is said to be.</summary>
    private const double ClearStep = 0.2;

    /// <summary>All unambiguous ones; none when nothing tells the object apart.</summary>
    public static List<ReferringPhrase> For(IReadOnlyList<SceneObject> objects, int subject)
    {
        var phrases = new List<ReferringPhrase>();
        SceneObject meant = objects[subject];
        string noun = meant.Noun.Noun;
        SceneObject[] others = [.. objects.Where((_, i) => i != subject)];
        SceneObject[] twins =
        [
            .. others.Where(other => string.Equals(other.Noun.Noun, noun, StringComparison.Ordinal)),
        ];
        if (twins.Length == 0)
        {
            phrases.Add(new([noun], 6));
        }
        if (
            meant.Glyph.Color is { } color
            && Array.TrueForAll(twins, twin => !string.Equals(twin.Glyph.Color, color, StringComparison.Ordinal))
        )
        {
            phrases.Add(new([$"{color} {noun}"], twins.Length > 0 ? 4 : 2));
        }
        if (twins.Length > 0)
        {
            AddPositions(phrases, meant, twins, noun, 2);
        }
        if (others.Length > 0)
        {
            AddPositions(phrases, meant, others, "object", 0.5);
        }
        if (others.Length > 0 && twins.Length == 0)
        {
            AddPositions(phrases, meant, others, noun, 0.5);
        }
        return phrases;
    }

    /// <summary>How an object that is to be put in is called: by its colour too where the noun has several.</summary>
    public static string ForInserted(SceneObject inserted) =>
        HasColors(inserted.Noun) && inserted.Glyph.Color is { } color
            ? $"{color} {inserted.Noun.Noun}"
            : inserted.Noun.Noun;

    /// <summary>Whether a noun's first picture is one of several colours, so that the noun alone does not say which.</summary>
    public static bool HasColors(DemoNoun noun) =>
        noun.Glyphs[0].Color is not null
        && noun.Glyphs.Where(glyph => !glyph.HeldOut).Select(glyph => glyph.Color).OfType<string>().Distinct().Count()
            > 1;

    private static void AddPositions(
        List<ReferringPhrase> phrases,
        SceneObject meant,
        SceneObject[] others,
        string noun,
        double weight
    )
    {
        if (Array.TrueForAll(others, other => meant.CenterX <= other.CenterX - ClearStep))
        {
            phrases.Add(new([$"{noun} on the left", $"left {noun}", $"leftmost {noun}"], weight));
        }
        if (Array.TrueForAll(others, other => meant.CenterX >= other.CenterX + ClearStep))
        {
            phrases.Add(new([$"{noun} on the right", $"right {noun}", $"rightmost {noun}"], weight));
        }
        if (Array.TrueForAll(others, other => meant.CenterY <= other.CenterY - ClearStep))
        {
            phrases.Add(new([$"{noun} at the top", $"top {noun}", $"upper {noun}"], weight));
        }
        if (Array.TrueForAll(others, other => meant.CenterY >= other.CenterY + ClearStep))
        {
            phrases.Add(new([$"{noun} at the bottom", $"bottom {noun}", $"lower {noun}"], weight));
        }
    }
}
