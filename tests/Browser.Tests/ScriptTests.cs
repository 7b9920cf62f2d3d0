using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests;

/// <summary>The page's modules without a browser.</summary>
public sealed class ScriptTests
{
    [Fact]
    public async Task PureParts_UnderNode_PassTheirTests()
    {
        string[] files = Directory.GetFiles(RepositoryRoot.Of("tests", "Browser.Tests", "node"), "*.test.js");
        Assert.NotEmpty(files);

        (int exitCode, string output) = await NodePackages.RunNodeAsync(["--test", .. files]);

        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("# pass 0\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_InTheComments_Hold()
    {
        string compiler = await NodePackages.FileAsync("typescript", "bin", "tsc");

        (int exitCode, string output) = await NodePackages.RunNodeAsync(
            compiler,
            "-p",
            RepositoryRoot.Of("src", "Api", "wwwroot", "jsconfig.json")
        );

        Assert.True(exitCode == 0, output);
    }
}
