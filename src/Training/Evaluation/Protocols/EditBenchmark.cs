using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// A benchmark of edits: a <c>.jsonl</c> file with <c>source</c>, <c>instruction</c>, <c>target_caption</c> and <c>category</c> a line, and
/// perhaps <c>target</c>; pictures lie relative to it.
/// </summary>
internal sealed class EditBenchmark
{
    private const int LongestLine = 1 << 16;
    private const int LongestCategory = 40;
    private const int MostQuestions = 1_000_000;

    private EditBenchmark(DatasetRoot root, IReadOnlyList<EditQuestion> questions, string hash)
    {
        Root = root;
        Questions = questions;
        Hash = hash;
    }

    /// <summary>Where the pictures lie.</summary>
    public DatasetRoot Root { get; }

    /// <summary>All that can be used, at least one.</summary>
    public IReadOnlyList<EditQuestion> Questions { get; }

    /// <summary>SHA-256 of the file.</summary>
    public string Hash { get; }

    /// <summary>The categories, in ordinal order.</summary>
    public IReadOnlyList<string> Categories =>
        [
            .. Questions
                .Select(question => question.Category!)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Reads a benchmark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="log">Told what cannot be used.</param>
    /// <exception cref="DatasetException">It is missing, or holds nothing that can be used.</exception>
    public static EditBenchmark Open(string path, RejectionLog log)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
        {
            throw new DatasetException($"{path}: not found; expected a .jsonl file");
        }
        var root = new DatasetRoot(Path.GetDirectoryName(path)!);
        var questions = new List<EditQuestion>();
        using (var reader = new BoundedLines(path, LongestLine))
        {
            for (long number = 1; reader.Next() is { } line && questions.Count < MostQuestions; number++)
            {
                if (line.AsSpan().Trim().IsEmpty)
                {
                    continue;
                }
                byte[] json = Encoding.UTF8.GetBytes(line);
                if (DatasetJson.TryRead<EditQuestion>(json, "line", number, log) is { } question)
                {
                    if (ProblemOf(question, root) is { } problem)
                    {
                        log.Reject(problem, $"line {number}");
                    }
                    else
                    {
                        questions.Add(question);
                    }
                }
            }
        }
        using FileStream whole = File.OpenRead(path);
        return questions.Count > 0
            ? new EditBenchmark(root, questions, Convert.ToHexStringLower(SHA256.HashData(whole)))
            : throw new DatasetException(
                $"{path}: no line can be used"
                    + string.Concat(log.Rejected.Select(r => $"; {r.Reason}: {r.Count}, e.g. {r.Examples[0]}"))
            );
    }

    private static string? ProblemOf(EditQuestion question, DatasetRoot root) =>
        string.IsNullOrEmpty(question.Source) || !root.HasFile(question.Source)
            ? "a source that is missing or outside the folder"
        : question.Target is not null && !root.HasFile(question.Target)
            ? "a target that is missing or outside the folder"
        : string.IsNullOrWhiteSpace(question.Instruction) || question.Instruction.Length > PairTexts.LongestInstruction
            ? "no instruction, or one that is too long"
        : string.IsNullOrWhiteSpace(question.TargetCaption)
        || question.TargetCaption.Length > PairTexts.LongestInstruction
            ? "no target_caption, or one that is too long"
        : question.Category is not { Length: > 0 and <= LongestCategory } name || !name.All(IsPlain)
            ? "a category that is no name of a-z, 0-9 and _"
        : null;

    private static bool IsPlain(char letter) => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_';
}

/// <summary>A line of a benchmark.</summary>
internal sealed record EditQuestion
{
    /// <summary>File of the picture before.</summary>
    public string? Source { get; init; }

    /// <summary>File of a picture that does what is asked, where there is one.</summary>
    public string? Target { get; init; }

    /// <summary>What to do.</summary>
    public string? Instruction { get; init; }

    /// <summary>What is to be seen afterwards.</summary>
    public string? TargetCaption { get; init; }

    /// <summary>For example <c>replacement</c>, <c>removal</c>, <c>addition</c>.</summary>
    public string? Category { get; init; }
}
