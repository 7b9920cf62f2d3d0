using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class ReferringPhrasesTests
{
    private static readonly DemoNoun Heart = new()
    {
        Noun = "heart",
        Glyphs = [Glyph("red heart", "red"), Glyph("blue heart", "blue")],
    };

    private static readonly DemoNoun Cat = new() { Noun = "cat", Glyphs = [Glyph("cat", null)] };

    [Fact]
    public void For_TheOnlyObject_IsItsNameAndColour()
    {
        Assert.Equal(["heart", "red heart"], Wordings([At(Heart, 0.5, 0.5)], 0));
    }

    [Fact]
    public void For_TwoOfAKindInOtherColours_NamesTheColour()
    {
        SceneObject[] objects = [At(Heart, 0.4, 0.5), At(Heart, 0.5, 0.5, glyph: 1)];

        Assert.Equal(["red heart"], Wordings(objects, 0));
        Assert.Equal(["blue heart"], Wordings(objects, 1));
    }

    [Fact]
    public void For_TwoThatLookAlike_NamesThePlace()
    {
        SceneObject[] objects = [At(Cat, 0.2, 0.45), At(Cat, 0.8, 0.55)];

        string[] left = Wordings(objects, 0);

        Assert.Contains("cat on the left", left);
        Assert.Contains("leftmost object", left);
        Assert.DoesNotContain("cat", left);
        Assert.DoesNotContain(left, words => words.Contains("top", StringComparison.Ordinal));
    }

    [Fact]
    public void For_TwoThatNothingTellsApart_IsEmpty()
    {
        Assert.Empty(Wordings([At(Cat, 0.45, 0.5), At(Cat, 0.55, 0.5)], 0));
    }

    [Fact]
    public void For_TheMiddleOfThree_HasNoSide()
    {
        SceneObject[] objects = [At(Cat, 0.2, 0.5), At(Heart, 0.5, 0.5), At(Cat, 0.8, 0.5)];

        Assert.Equal(["heart", "red heart"], Wordings(objects, 1));
        Assert.Contains("cat on the left", Wordings(objects, 0));
    }

    [Fact]
    public void ForInserted_NamesTheColourOnlyWhereThereAreSeveral()
    {
        Assert.Equal("blue heart", ReferringPhrases.ForInserted(At(Heart, 0.5, 0.5, glyph: 1)));
        Assert.Equal("cat", ReferringPhrases.ForInserted(At(Cat, 0.5, 0.5)));
    }

    private static string[] Wordings(SceneObject[] objects, int subject) =>
        [.. ReferringPhrases.For(objects, subject).SelectMany(phrase => phrase.Wordings)];

    private static SceneObject At(DemoNoun noun, double x, double y, int glyph = 0) =>
        new(noun, noun.Glyphs[glyph], x, y, 0.3);

    private static DemoGlyph Glyph(string name, string? color) =>
        new()
        {
            Name = name,
            File = $"{name}.png",
            Color = color,
            Width = 10,
            Height = 10,
        };
}
