using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;

namespace InstructDiffusion.Training.Tests.Scoring;

/// <summary>The reference data's CLIP of 32 pixels and 16 features, with the tokenizer of the reference model.</summary>
internal static class TinyClip
{
    public const int Size = 16;

    private static readonly string[] _tokenizer =
    [
        "vocab.json",
        "merges.txt",
        "tokenizer_config.json",
        "special_tokens_map.json",
    ];

    /// <summary>Lays it out as transformers does.</summary>
    public static string Write(TempFolder folder, string name = "clip")
    {
        string path = folder.Of(name);
        Directory.CreateDirectory(path);
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Fixture.Default.Path("adjuncts", "clip", file), Path.Combine(path, file));
        }
        foreach (string file in _tokenizer)
        {
            File.Copy(Fixture.Default.Path("diffusers", "tokenizer", file), Path.Combine(path, file));
        }
        return path;
    }

    public static ClipScores Open(TempFolder folder) =>
        ClipScores.Open(Write(folder), "cpu", TestContext.Current.CancellationToken);
}
