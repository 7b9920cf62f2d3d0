using System.Text.RegularExpressions;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Documentation;

/// <summary>docs/promises.md names tests: they must be there.</summary>
public sealed partial class PromisesDocumentTests
{
    [Fact]
    public void Document_EveryTestItNames_IsThere()
    {
        string tests = RepositoryRoot.Of("tests");
        string page = File.ReadAllText(RepositoryRoot.Of("docs", "promises.md"));
        Dictionary<string, string> classes = Directory
            .EnumerateFiles(tests, "*Tests*.cs", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(tests, "*Properties.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal))
            .GroupBy(file => Path.GetFileName(file).Split('.')[0], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => string.Concat(group.Select(File.ReadAllText)));

        string[] named = [.. TestName().Matches(page).Select(match => match.Groups["name"].Value)];

        Assert.InRange(named.Length, 30, 1_000);
        Assert.All(
            named,
            name =>
            {
                string[] parts = name.Split('.');
                Assert.True(classes.TryGetValue(parts[0], out string? source), $"There is no test class {parts[0]}.");
                Assert.Contains(
                    parts.Length == 1 ? $"class {parts[0]}" : $" {parts[1]}(",
                    source,
                    StringComparison.Ordinal
                );
            }
        );
    }

    [GeneratedRegex(
        "`(?<name>[A-Z][A-Za-z]+(?:Tests|Properties)(?:\\.[A-Za-z_]+)?)`",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex TestName();
}
