using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Cli.Edit;

/// <summary>Where the pictures of one run go, and in which format.</summary>
/// <param name="Folder">The folder, empty for the current one.</param>
/// <param name="Stem">File name without seed and ending.</param>
/// <param name="Ending">With the dot.</param>
/// <param name="Format">By the ending.</param>
/// <param name="IsSeedInName">Several pictures, or no name of the user's own, are told apart by their seeds.</param>
internal sealed record EditOutput(string Folder, string Stem, string Ending, ImageFileFormat Format, bool IsSeedInName)
{
    /// <param name="output">The user's wish: a picture file, a folder (existing, or ending in a separator), or null.</param>
    /// <param name="input">The source picture, whose name is taken when the user gave none.</param>
    /// <param name="count">Pictures to write.</param>
    /// <exception cref="UsageException">The ending is of no format that is written.</exception>
    public static EditOutput Of(string? output, string input, int count)
    {
        string inputStem = Path.GetFileNameWithoutExtension(input);
        if (output is null)
        {
            return new EditOutput("", inputStem, ".png", ImageFileFormat.Png, IsSeedInName: true);
        }
        if (Path.EndsInDirectorySeparator(output) || Directory.Exists(output))
        {
            return new EditOutput(output, inputStem, ".png", ImageFileFormat.Png, IsSeedInName: true);
        }
        string ending = Path.GetExtension(output);
        ImageFileFormat format = ending.ToLowerInvariant() switch
        {
            ".png" => ImageFileFormat.Png,
            ".jpg" or ".jpeg" => ImageFileFormat.Jpeg,
            ".webp" => ImageFileFormat.Webp,
            _ => throw new UsageException(
                $"--output must end in .png, .jpg, .jpeg or .webp, or be a folder, got '{output}'"
            ),
        };
        return new EditOutput(
            Path.GetDirectoryName(output) ?? "",
            Path.GetFileNameWithoutExtension(output),
            ending,
            format,
            IsSeedInName: count > 1
        );
    }

    /// <summary>The file of one seed.</summary>
    public string PathOf(long seed) => Path.Combine(Folder, Stem + (IsSeedInName ? $"_seed{seed}" : "") + Ending);

    /// <summary>Writes aside, then renames, so that no half picture ever has the name.</summary>
    public static void Write(string path, byte[] content, bool overwrite)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string aside = path + ".new";
        File.WriteAllBytes(aside, content);
        File.Move(aside, path, overwrite);
    }
}
