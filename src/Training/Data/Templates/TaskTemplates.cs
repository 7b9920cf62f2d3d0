using System.Reflection;

namespace InstructDiffusion.Training.Data.Templates;

/// <summary>
/// The phrasings that come with the program, a file a task, in the wording families of the authors' lists (specification 4.1). A
/// folder of the user's own takes their place, file by file.
/// </summary>
internal static class TaskTemplates
{
    /// <summary>What to do where nothing is to be done.</summary>
    public const string Unchanged = "unchanged";

    /// <summary>Take something out; a task of the construction of pairs, as the next two.</summary>
    public const string Removal = "removal";

    /// <summary>Put something in.</summary>
    public const string Addition = "addition";

    /// <summary>Exchange something for something else.</summary>
    public const string Replacement = "replacement";

    /// <summary>Every task that has phrasings, and the names that may stand in their braces.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Placeholders { get; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            [TaskNames.Keypoints] = ["joint", "color"],
            [TaskNames.Segmentation] = ["object", "color"],
            [TaskNames.Deblur] = [],
            [TaskNames.Denoise] = [],
            [TaskNames.Watermark] = [],
            [Unchanged] = [],
            [Removal] = ["object"],
            [Addition] = ["a_object"],
            [Replacement] = ["object", "a_new"],
        };

    /// <summary>The phrasings of a task.</summary>
    /// <param name="task">One of <see cref="Placeholders"/>.</param>
    /// <param name="folder">The user's own files, or null. A task without a file there has the program's phrasings.</param>
    /// <exception cref="DatasetException">The folder is missing, or the file malformed.</exception>
    public static InstructionTemplates Load(string task, string? folder)
    {
        if (folder is not null && !Directory.Exists(folder))
        {
            throw new DatasetException($"templates: {folder}: there is no such folder");
        }
        string? own = folder is null ? null : Path.Combine(folder, FileOf(task));
        try
        {
            return own is not null && File.Exists(own)
                ? InstructionTemplates.Load(own, Placeholders[task])
                : InstructionTemplates.Of(
                    JsonFiles.Parse<PhrasingFile>(BuiltIn(task), FileOf(task)),
                    FileOf(task),
                    Placeholders[task]
                );
        }
        catch (InvalidDataException malformed)
        {
            throw new DatasetException(malformed.Message, malformed);
        }
    }

    /// <summary>The program's own file for a task, to be copied and changed.</summary>
    public static byte[] BuiltIn(string task)
    {
        using Stream stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream($"templates/{FileOf(task)}")
            ?? throw new InvalidOperationException($"{FileOf(task)}: not in the program");
        using var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }

    /// <summary>The name of a task's file.</summary>
    public static string FileOf(string task) => $"{task}.json";
}
