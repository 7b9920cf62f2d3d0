using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

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

    /// <summary>One with random weights that gives vectors as long as ViT-L/14's, for the aesthetic predictors.</summary>
    public static string WriteWide(TempFolder folder, string name)
    {
        string path = Write(folder, name);
        string config = Path.Combine(path, "config.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        json["projection_dim"] = AestheticScores.Size;
        File.WriteAllText(config, json.ToJsonString());
        using var model = new ClipModel(ClipConfig.Parse(json.ToJsonString()), ModelPlacement.Cpu);
        RandomWeights.Fill(model, seed: 1);
        using var weights = new NamedTensors(name);
        foreach ((string key, Tensor value) in model.state_dict())
        {
            weights.Add(key, value);
        }
        SafetensorsWriter.Write(
            Path.Combine(path, "model.safetensors"),
            weights,
            cancellationToken: TestContext.Current.CancellationToken
        );
        return path;
    }

    public static ClipScores Open(TempFolder folder) =>
        ClipScores.Open(Write(folder), "cpu", TestContext.Current.CancellationToken);
}
