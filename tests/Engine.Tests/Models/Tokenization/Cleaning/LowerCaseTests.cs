using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization.Cleaning;

public sealed class LowerCaseTests
{
    [Theory]
    [InlineData("ÉCOLE ÜBER", "école über")]
    [InlineData("İstanbul", "i\u0307stanbul")]
    [InlineData("ΣΊΣΥΦΟΣ ΟΔΟΣ", "σίσυφος οδος")]
    [InlineData("Σ", "σ")]
    [InlineData("ΑΣ'Α ΑΣ'", "ασ'α ας'")]
    [InlineData("ΑΣⅧ ΑΣ8", "ασⅷ ας8")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("ẞ K", "ß k")]
    public void Of_Capitals_FollowsUnicodeInFull(string text, string lower) => Assert.Equal(lower, LowerCase.Of(text));
}
