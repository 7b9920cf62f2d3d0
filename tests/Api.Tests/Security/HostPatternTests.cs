using InstructDiffusion.Api.Security;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class HostPatternTests
{
    [Theory]
    [InlineData("example.com", "https://example.com/a.png")]
    [InlineData("example.com", "https://EXAMPLE.com./a.png")]
    [InlineData("Example.com", "http://example.com/a.png")]
    [InlineData("example.com:8443", "https://example.com:8443/")]
    [InlineData("*.example.com", "https://a.b.example.com/")]
    [InlineData("*", "https://anything.example/")]
    [InlineData("bücher.example", "https://xn--bcher-kva.example/")]
    [InlineData("[2606:4700::1]", "https://[2606:4700::1]/")]
    public void Matches_HostThatIsMeant_IsTrue(string pattern, string url) =>
        Assert.True(Parse(pattern).Matches(new Uri(url)));

    [Theory]
    [InlineData("example.com", "https://www.example.com/")]
    [InlineData("example.com", "https://example.com.evil.org/")]
    [InlineData("example.com", "https://notexample.com/")]
    [InlineData("example.com", "https://example.com:8443/")]
    [InlineData("example.com:8443", "https://example.com/")]
    [InlineData("*.example.com", "https://example.com/")]
    [InlineData("*.example.com", "https://evilexample.com/")]
    [InlineData("*.example.com", "https://.example.com.evil.org/")]
    [InlineData("*", "https://anything.example:22/")]
    public void Matches_AnotherHostOrPort_IsFalse(string pattern, string url) =>
        Assert.False(Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && Parse(pattern).Matches(address));

    [Theory]
    [InlineData("")]
    [InlineData("https://example.com")]
    [InlineData("example.com/path")]
    [InlineData("user@example.com")]
    [InlineData("*example.com")]
    [InlineData("a.*.com")]
    [InlineData("example.com:port")]
    [InlineData("exa mple.com")]
    public void TryParse_WhatIsNoHost_IsRefused(string text) => Assert.False(HostPattern.TryParse(text, out _));

    private static HostPattern Parse(string text) =>
        HostPattern.TryParse(text, out HostPattern? pattern) ? pattern : throw new FormatException(text);
}
