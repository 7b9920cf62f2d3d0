namespace InstructDiffusion.TestSupport;

/// <summary>Finds files of the repository from a test's output folder.</summary>
public static class RepositoryRoot
{
    /// <summary>The folder that holds InstructDiffusion.sln.</summary>
    public static string Folder { get; } = Find();

    /// <summary>A file or folder of the repository.</summary>
    public static string Of(params string[] parts) => Path.Combine([Folder, .. parts]);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "InstructDiffusion.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder
            ?? throw new InvalidOperationException($"No InstructDiffusion.sln above {AppContext.BaseDirectory}");
    }
}
