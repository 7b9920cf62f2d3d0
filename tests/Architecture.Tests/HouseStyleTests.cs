namespace InstructDiffusion.Architecture.Tests;

public sealed class HouseStyleTests
{
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void Files_KeepTheHouseRules(string folder)
    {
        var files = SourceFile.Below(folder);

        Assert.NotEmpty(files);
        Assert.Empty(HouseStyle.Violations(files));
    }

    [Theory]
    [InlineData("namespace InstructDiffusion.Engine.Weights;\nclass A;", "expected InstructDiffusion.Engine.Imaging")]
    [InlineData("namespace InstructDiffusion.Engine.Imaging;\nclass Imaging { }", "named like its namespace")]
    [InlineData("public sealed class ImageHelper\n{\n}", "ImageHelper does not say")]
    [InlineData("internal readonly record struct EditService(int A);", "EditService does not say")]
    [InlineData("interface IScheduler { }", "IScheduler: say")]
    [InlineData("class A { private enum SchedulerKind { } }", "SchedulerKind: say")]
    public void Violations_BrokenRule_IsReported(string text, string message) =>
        Assert.Contains(message, Assert.Single(Check("src/Engine/Imaging/A.cs", text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("namespace InstructDiffusion.Engine.Imaging;\nclass RgbImage { }")]
    [InlineData("class BatchScheduler<T> where T : class;")]
    [InlineData("// class ImageHelper { }\nclass ServiceTable { string a = \"class ImageHelper { }\"; }")]
    public void Violations_KeptRules_ReportNothing(string text) => Assert.Empty(Check("src/Engine/Imaging/A.cs", text));

    [Theory]
    [InlineData("src/Engine/Imaging/A.cs", 300, 0)]
    [InlineData("src/Engine/Imaging/A.cs", 301, 1)]
    [InlineData("tests/Engine.Tests/Imaging/ATests.cs", 600, 0)]
    [InlineData("tests/Engine.Tests/Imaging/ATests.cs", 601, 1)]
    public void Violations_LongFile_IsReported(string path, int lines, int violations) =>
        Assert.Equal(violations, Check(path, string.Concat(Enumerable.Repeat("\n", lines - 1)) + "class A;\n").Count());

    private static IEnumerable<string> Check(string path, string text) =>
        HouseStyle.Violations([new SourceFile(path, text)]);
}
