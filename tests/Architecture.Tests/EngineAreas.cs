using System.Text.RegularExpressions;

namespace InstructDiffusion.Architecture.Tests;

/// <summary>
/// Which folders of the engine may know which. The models, the weights, the samplers and the pictures do not know each
/// other; the pipeline and the loader bring them together; the batching knows the pipeline alone.
/// </summary>
internal static class EngineAreas
{
    /// <summary>Every area and the other areas its files may name.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Allowed { get; } =
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["Native"] = [],
            ["Tensors"] = [],
            ["Imaging"] = ["Tensors"],
            ["Models"] = ["Native", "Tensors"],
            ["Weights"] = ["Tensors"],
            ["Sampling"] = ["Tensors"],
            ["Vision"] = ["Tensors", "Imaging", "Models"],
            ["Editing"] = ["Tensors", "Imaging", "Models", "Sampling", "Weights"],
            ["Loading"] = ["Native", "Tensors", "Imaging", "Models", "Sampling", "Weights", "Editing"],
            ["Batching"] = ["Tensors", "Imaging", "Editing"],
        };

    private static readonly string AnyArea = string.Join('|', Allowed.Keys);

    /// <summary>A name that begins with an area: absolute, or relative to a namespace around it.</summary>
    private static readonly Regex Mention = new(
        $@"(?<![\w.])(?:global::)?(?:InstructDiffusion\.Engine\.({AnyArea})\b|(?:Engine\.)?({AnyArea})\.[A-Z])",
        RegexOptions.None,
        TimeSpan.FromSeconds(10)
    );

    /// <summary>What these files name and may not, one line each.</summary>
    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files)
    {
        foreach (var file in files)
        {
            var area = AreaOf(file.Path);
            if (area is null)
            {
                continue;
            }
            if (!Allowed.TryGetValue(area, out var allowed))
            {
                yield return $"{file.Path}: the area {area} has no rule yet, give it one in {nameof(EngineAreas)}";
                continue;
            }
            var named = Mention.Matches(file.Code).Select(match => match.Groups[1].Value + match.Groups[2].Value);
            foreach (var other in named.Distinct().Where(name => !allowed.Append(area).Contains(name)))
            {
                yield return $"{file.Path}: {area} must not know {other}";
            }
        }
    }

    /// <summary>The folder below src/Engine; null for files beside it or elsewhere.</summary>
    private static string? AreaOf(string path) => path.Split('/') is ["src", "Engine", var area, _, ..] ? area : null;
}
