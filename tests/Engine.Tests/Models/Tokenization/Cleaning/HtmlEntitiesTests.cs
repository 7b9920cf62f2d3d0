using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization.Cleaning;

public sealed class HtmlEntitiesTests
{
    [Theory]
    [InlineData("&amp;", "&")]
    [InlineData("&eacute;&EACUTE;&Eacute;", "éÉÉ")]
    [InlineData("&NotEqualTilde;", "\u2242\u0338")]
    [InlineData("&CounterClockwiseContourIntegral;", "&CounterClockwiseContourIntegral;")]
    [InlineData("&#65;&#x41;&#X41;", "AAA")]
    [InlineData("&#128512;", "😀")]
    [InlineData("&#x80;&#150;", "€–")]
    [InlineData("&#0;&#xD800;&#x110000;&#999999999999999999;", "\ufffd\ufffd\ufffd\ufffd")]
    [InlineData("a&#1;b&#xFFFE;c", "abc")]
    public void Decode_Reference_GivesItsCharacters(string text, string decoded) =>
        Assert.Equal(decoded, HtmlEntities.Decode(text));

    [Theory]
    [InlineData("AT&T")]
    [InlineData("a &copy b")]
    [InlineData("&unknown;")]
    [InlineData("&;&#;&#x;&#12a;")]
    [InlineData("&#59;")]
    [InlineData("&")]
    public void Decode_NoReference_IsLeftAlone(string text) => Assert.Equal(text, HtmlEntities.Decode(text));
}
