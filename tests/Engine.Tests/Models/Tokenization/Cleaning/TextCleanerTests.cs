using System.Text;
using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization.Cleaning;

public sealed class TextCleanerTests
{
    [Theory]
    [InlineData("Make IT “red”", "make it \"red\"")]
    [InlineData("&lt;B&gt; &amp;amp; &NTILDE;", "<b> & ñ")]
    [InlineData("a < b &lt; c", "a < b &lt; c")]
    [InlineData("x &lt; y\n<p>\n&lt;", "x < y\n<p>\n&lt;")]
    [InlineData("ŉ ﬁsh Ǆ ｆｕｌｌ　ｗｉｄｔｈ ﾊﾟ", "'n fish dž full　width パ")]
    [InlineData("\u0084low\u0093 \u0085", "\"low\" …")]
    [InlineData("\u001b[1;31mred\u001b[0m \u001b[x \u001b[", "red  [")]
    [InlineData("\ufeffa\u206ab\ufff9c\u007fd", "abcd")]
    [InlineData("nÃƒÂ©", "né")]
    public void Clean_OddSpelling_BecomesPlain(string text, string cleaned) =>
        Assert.Equal(cleaned, TextCleaner.Clean(text));

    [Fact]
    public void Clean_AnyUtf16_GivesWellFormedTextThatStaysAsItIs()
    {
        var random = new Random(11);
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, 24).Select(_ => (char)random.Next(0x10000)));

            var cleaned = TextCleaner.Clean(text);

            Assert.All(cleaned.EnumerateRunes(), rune => Assert.True(Rune.IsValid(rune.Value)));
            Assert.False(Encoding.UTF8.GetBytes(cleaned).Length == 0 && text.Any(char.IsAsciiLetter));
            Assert.Equal(cleaned, TextCleaner.Clean(cleaned));
        }
    }
}
