using InstructDiffusion.Engine.Models.Tokenization;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization;

public sealed class WordSplitterTests
{
    [Theory]
    [InlineData("the dog's bone", "the|dog|'s|bone")]
    [InlineData("they'll've 'twas", "they|'ll|'ve|'t|was")]
    [InlineData("rock 'n' roll!!'s", "rock|'|n|'|roll|!!'|s")]
    [InlineData("mp3 1,000", "mp|3|1|,|0|0|0")]
    [InlineData("\u00a0 \u3000\n", "")]
    [InlineData("(soft)...", "(|soft|)...")]
    [InlineData("𝒶𝒷 𝟎𝟏😀a", "𝒶𝒷|𝟎|𝟏|😀|a")]
    [InlineData("<e> a<e>b !<e>", "<e>|a|<e>|b|!<|e|>")]
    public void Split_Text_GivesWords(string text, string words) =>
        Assert.Equal(words, string.Join('|', WordSplitter.Split(text, ["<E>"])));
}
