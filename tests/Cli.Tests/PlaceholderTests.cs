namespace InstructDiffusion.Cli.Tests;

public sealed class PlaceholderTests
{
    [Fact]
    public void Placeholder_ToBeReplaced_Passes() =>
        Assert.True(File.Exists(typeof(PlaceholderTests).Assembly.Location));
}
