using System.Text.Json;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization;

/// <summary>The reference's texts and ids, and the vocabularies to encode them with.</summary>
internal static class TokenizerCases
{
    public static string FullVocabulary { get; } = RepositoryRoot.Of("tests", "Fixtures", "tokenizer_full");

    public static string TinyVocabulary { get; } =
        RepositoryRoot.Of("tests", "Fixtures", "public", "diffusers", "tokenizer");

    public static ClipTokenizer Full { get; } = ClipTokenizer.Load(FullVocabulary);

    public static IReadOnlyList<(string Text, int[] Ids, bool AllAgree)> All { get; } = Read();

    private static List<(string, int[], bool)> Read()
    {
        var path = RepositoryRoot.Of("tests", "Fixtures", "public", "tokenizer_cases.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return
        [
            .. document
                .RootElement.GetProperty("cases")
                .EnumerateArray()
                .Select(element =>
                    (
                        element.GetProperty("text").GetString()!,
                        element.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(),
                        element.GetProperty("all_agree").GetBoolean()
                    )
                ),
        ];
    }
}
