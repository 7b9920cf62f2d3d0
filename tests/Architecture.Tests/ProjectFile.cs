using System.Xml.Linq;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Architecture.Tests;

/// <summary>A project of the repository: its name, its path from the root, the projects it references.</summary>
internal sealed record ProjectFile(string Name, string Path, IReadOnlyList<string> References)
{
    /// <summary>Every project below src, tests and bench.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } =
    [
        .. new[] { "src", "tests", "bench" }
            .Select(folder => RepositoryRoot.Of(folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
            .Select(file => Parse(System.IO.Path.GetRelativePath(RepositoryRoot.Folder, file), File.ReadAllText(file))),
    ];

    public static ProjectFile Parse(string path, string xml) =>
        new(
            System.IO.Path.GetFileNameWithoutExtension(path),
            path.Replace('\\', '/'),
            [
                .. XDocument
                    .Parse(xml)
                    .Descendants("ProjectReference")
                    .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'))
                    .Select(include => System.IO.Path.GetFileNameWithoutExtension(include)),
            ]
        );

    // What any project of src may know. These know nothing themselves.
    private static readonly string[] Leaves = ["Engine", "Outbound"];

    /// <summary>What the projects of src reference and may not: all may know the engine and the guarded dialler, and nothing else.</summary>
    public static IEnumerable<string> Violations(IEnumerable<ProjectFile> projects) =>
        from project in projects
        where project.Path.StartsWith("src/", StringComparison.Ordinal)
        from reference in project.References
        where Leaves.Contains(project.Name) || !Leaves.Contains(reference)
        select $"{project.Path}: {project.Name} must not reference {reference}";
}
