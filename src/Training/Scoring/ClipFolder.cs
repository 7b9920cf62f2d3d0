using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring;

/// <summary>
/// A whole CLIP as transformers saves it: <c>config.json</c> and weights (safetensors, or a .bin that is read and never executed),
/// with the tokenizer's files beside them, in <c>tokenizer</c> below, or in <c>tokenizer</c> beside the folder.
/// </summary>
internal static class ClipFolder
{
    private const string Config = "config.json";
    private const string Tokenizer = "tokenizer";
    private const long MaxConfigBytes = 1 << 20;

    // transformers' own default for eos_token_id, which only says that the end is the largest id.
    private const int LegacyEndId = 2;

    private static readonly string[] _vocabularies = ["vocab.json", "tokenizer.json"];

    /// <summary>Loads the model and its tokenizer.</summary>
    /// <returns>The model is owned by the caller.</returns>
    /// <exception cref="ScoringException">A file is missing, or the tokenizer is another model's.</exception>
    /// <exception cref="ModelConfigException">The configuration is not one of a CLIP.</exception>
    /// <exception cref="CheckpointFormatException">The weights are damaged.</exception>
    /// <exception cref="StateDictMismatchException">The weights are another model's.</exception>
    public static (ClipModel Model, ClipTokenizer Tokenizer) Load(
        string folder,
        string device,
        CancellationToken cancellationToken
    )
    {
        var config = ClipConfig.Parse(ReadConfig(folder));
        ClipTokenizer tokenizer = TokenizerOf(folder, config.Text);
        using ITensorSource file = CheckpointFile.Open(folder);
        using var weights = new MappedTensorSource(file);
        // Older files carry 0, 1, 2, … as a tensor of each tower.
        foreach (string name in file.Tensors.Keys.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)))
        {
            weights.Add(name, name);
        }
        var model = new ClipModel(config, new ModelPlacement(ComputeDevice.Find(device), ScalarType.Float32));
        try
        {
            StateDictLoader.Load(model, weights, options: null, cancellationToken);
            model.eval();
            return (model, tokenizer);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string ReadConfig(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, Config));
        if (!file.Exists)
        {
            throw new ScoringException(
                $"{folder}: no CLIP, there is no {Config}; it is a folder such as openai/clip-vit-large-patch14's"
            );
        }
        return file.Length <= MaxConfigBytes
            ? File.ReadAllText(file.FullName)
            : throw new ScoringException($"{file.FullName}: {file.Length:N0} bytes, allowed: {MaxConfigBytes:N0}");
    }

    private static ClipTokenizer TokenizerOf(string folder, ClipTextConfig text)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string[] places = [full, Path.Combine(full, Tokenizer), Path.Combine(full, "..", Tokenizer)];
        string? found = places.FirstOrDefault(place =>
            _vocabularies.Any(name => File.Exists(Path.Combine(place, name)))
        );
        ClipTokenizer tokenizer = found is null ? ClipTokenizer.Default : ClipTokenizer.Load(found);
        if (tokenizer.VocabularySize > text.VocabularySize)
        {
            throw new ScoringException(
                $"{folder}: the tokenizer ({found ?? "CLIP's own"}) has {tokenizer.VocabularySize} tokens, "
                    + $"the model only {text.VocabularySize}"
            );
        }
        bool isPooledAtEnd = text.EndId == tokenizer.EndId || text.EndId == LegacyEndId;
        return isPooledAtEnd
            ? tokenizer
            : throw new ScoringException(
                $"{folder}: texts end with token {tokenizer.EndId}, the model looks for {text.EndId}"
            );
    }
}
