using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization.Cleaning;

public sealed class CanonicalCompositionTests
{
    // Rows of the Unicode normalisation test and of UAX #15's figures.
    [Theory]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("\u212B \u2126", "\u00C5 \u03A9")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("d\u0307\u0323", "\u1E0D\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\u1100\u0300\u1161", "\u1100\u0300\u1161")]
    [InlineData("\uFA6A", "\u983B")]
    [InlineData("\U0002F800 \U0001D15E", "\u4E3D \U0001D157\U0001D165")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u0301a", "\u0301a")]
    public void Compose_Sequence_GivesFormC(string text, string composed)
    {
        Assert.Equal(composed, CanonicalComposition.Compose(text));
        Assert.Equal(composed, CanonicalComposition.Compose(composed));
    }
}
