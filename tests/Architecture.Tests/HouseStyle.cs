using System.Text.RegularExpressions;

namespace InstructDiffusion.Architecture.Tests;

/// <summary>The house rules that no analyzer checks. (A file is named for its first type: MA0048 checks that.)</summary>
internal static partial class HouseStyle
{
    private const int MaxLines = 300;

    /// <summary>A test class lists its cases; it is long when they are many.</summary>
    private const int MaxTestLines = 600;

    /// <summary>Files that may be longer, and why.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    /// <summary>What these files do against the rules, one line each.</summary>
    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files) => files.SelectMany(ViolationsOf);

    private static IEnumerable<string> ViolationsOf(SourceFile file)
    {
        var limit = file.Path.StartsWith("tests/", StringComparison.Ordinal) ? MaxTestLines : MaxLines;
        if (file.LineCount > limit && !LongFiles.ContainsKey(file.Path))
        {
            yield return $"{file.Path}: {file.LineCount} lines, more than {limit}";
        }
        if (
            file.Namespace.Length > 0
            && !string.Equals(file.Namespace, NamespaceOf(file.Path), StringComparison.Ordinal)
        )
        {
            yield return $"{file.Path}: namespace {file.Namespace}, expected {NamespaceOf(file.Path)}";
        }
        foreach (var type in file.Types)
        {
            if (file.Namespace.EndsWith($".{type}", StringComparison.Ordinal))
            {
                yield return $"{file.Path}: the type {type} is named like its namespace";
            }
            if (EmptyName().IsMatch(type))
            {
                yield return $"{file.Path}: {type} does not say what it does";
            }
            if (BareScheduler().IsMatch(type))
            {
                yield return $"{file.Path}: {type}: say sampler, noise schedule, queue, plan or batch scheduler";
            }
        }
    }

    /// <summary>The folders from src, tests or bench on.</summary>
    private static string NamespaceOf(string path) => $"InstructDiffusion.{string.Join('.', path.Split('/')[1..^1])}";

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utility|Utilities|Service)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex("(?<!Batch)Scheduler")]
    private static partial Regex BareScheduler();
}
