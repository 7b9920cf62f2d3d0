using InstructDiffusion.Cli.Pull;

namespace InstructDiffusion.Cli.Tests.Pull;

public sealed class HubAddressTests
{
    [Fact]
    public void File_NamesWithSpecialCharacters_AreEscapedPieceByPiece() =>
        Assert.Equal(
            "https://hub.example/mirror/me/m/resolve/refs%2Fpr%2F1/a%20b/c%23d%25.json",
            new HubAddress("https://hub.example/mirror/", "me/m").File("refs/pr/1", "a b/c#d%.json").AbsoluteUri
        );

    [Theory]
    [InlineData("file:///models")]
    [InlineData("hub.example")]
    [InlineData("https://user:word@hub.example")]
    [InlineData("")]
    public void Constructor_NoHttpAddress_IsAUsageError(string endpoint) =>
        Assert.Throws<UsageException>(() => new HubAddress(endpoint, "me/model"));

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c")]
    [InlineData("../model")]
    [InlineData("me/..")]
    [InlineData("me/mo del")]
    [InlineData("me/model?x=1")]
    public void Constructor_NoModelId_IsAUsageError(string id) =>
        Assert.Throws<UsageException>(() => new HubAddress("https://hub.example", id));
}
