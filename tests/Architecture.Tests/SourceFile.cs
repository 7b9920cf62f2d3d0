using System.Text.RegularExpressions;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Architecture.Tests;

/// <summary>One C# file of the repository as the rules see it: its place, its code without comments and strings.</summary>
internal sealed partial class SourceFile
{
    public SourceFile(string path, string text)
    {
        Path = path.Replace('\\', '/');
        LineCount = text.TrimEnd('\n').Split('\n').Length;
        Code = NoCode().Replace(text, " ");
        Namespace = NamespaceLine().Match(Code).Groups["name"].Value;
        Types = [.. TypeDeclaration().Matches(Code).Select(match => match.Groups["name"].Value)];
    }

    /// <summary>From the repository's root, with forward slashes.</summary>
    public string Path { get; }

    public int LineCount { get; }

    public string Code { get; }

    public string Namespace { get; }

    /// <summary>The names of all types declared in the file, outer and inner.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>Every C# file below a folder of the repository, build output left out.</summary>
    public static IReadOnlyList<SourceFile> Below(string folder) =>
        [
            .. Directory
                .EnumerateFiles(RepositoryRoot.Of(folder), "*.cs", SearchOption.AllDirectories)
                .Select(file => (Full: file, Name: System.IO.Path.GetRelativePath(RepositoryRoot.Folder, file)))
                .Where(file => !BuildOutput().IsMatch(file.Name))
                .Select(file => new SourceFile(file.Name, File.ReadAllText(file.Full))),
        ];

    // Comments, raw, verbatim and plain strings, characters.
    [GeneratedRegex(
        "//.*|/\\*[\\s\\S]*?\\*/|\"\"\"[\\s\\S]*?\"\"\"|@\\$?\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'"
    )]
    private static partial Regex NoCode();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(
        @"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(?<name>[A-Z]\w*)(?=\s*[<({:;\r\n]|\s+where\b)"
    )]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"(?:^|[\\/])(?:bin|obj|artifacts)[\\/]")]
    private static partial Regex BuildOutput();
}
