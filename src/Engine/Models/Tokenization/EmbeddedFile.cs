namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>The tables and the default vocabulary that this assembly carries.</summary>
internal static class EmbeddedFile
{
    /// <summary>Opens an embedded file by its bare name, or gives null when there is none.</summary>
    public static Stream? Open(string name) => typeof(EmbeddedFile).Assembly.GetManifestResourceStream(name);

    /// <summary>The lines of an embedded table, each split at its spaces.</summary>
    public static IEnumerable<string[]> ReadTable(string name)
    {
        using var reader = new StreamReader(
            Open(name) ?? throw new InvalidOperationException($"The engine was built without {name}")
        );
        while (reader.ReadLine() is { } line)
        {
            yield return line.Split(' ');
        }
    }
}
