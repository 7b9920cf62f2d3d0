using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Tokenization;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Instructions and pictures to what conditions the UNet. What stands alone is computed by itself and remembered, so that
/// what is remembered depends on nothing else; what comes together shares passes, which changes it by the rounding of larger
/// matrix products, and is not remembered.
/// </summary>
/// <param name="model">The weights.</param>
/// <param name="autoencoder">Its autoencoder, in tiles where need be.</param>
/// <param name="cache">Texts and pictures met before; null remembers none.</param>
/// <param name="maxPixelsPerPass">Canvas pixels that are encoded in one pass.</param>
internal sealed class EditEncoder(
    EditModel model,
    TiledAutoencoder autoencoder,
    ConditioningCache? cache,
    long maxPixelsPerPass
)
{
    // Texts are short: this many of Stable Diffusion's take about as long as one picture of 512x512.
    private const int MaxTextsPerPass = 32;

    /// <summary>The tokens of a text, as many as the model reads.</summary>
    public TokenizedText Tokenize(string text) => model.Tokenizer.Encode(text, model.TextEncoder.Config.MaxTokens);

    /// <summary>The states of texts; equal texts are encoded once.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="alone">True when they belong to one edit, and each is encoded by itself.</param>
    /// <returns>For each text its states [1, L, D], in the caller's dispose scope and perhaps shared: not to be changed.</returns>
    public IReadOnlyList<Tensor> EncodeTexts(IReadOnlyList<TokenizedText> texts, bool alone)
    {
        Dictionary<string, TokenizedText> distinct = texts.DistinctBy(KeyOf).ToDictionary(KeyOf);
        var states = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach ((string key, TokenizedText text) in distinct)
        {
            if (cache?.FindText(text.Ids) is { } known)
            {
                states.Add(key, known);
            }
        }
        foreach (string[] pass in distinct.Keys.Except(states.Keys).ToArray().Chunk(alone ? 1 : MaxTextsPerPass))
        {
            TokenizedText[] passed = [.. pass.Select(key => distinct[key])];
            if (pass.Length == 1)
            {
                states.Add(pass[0], cache?.TextStates(passed[0].Ids, () => EncodePass(passed)) ?? EncodePass(passed));
                continue;
            }
            Tensor rows = EncodePass(passed); // [texts, L, D]
            for (int i = 0; i < pass.Length; i++)
            {
                states.Add(pass[i], rows.narrow(0, i, 1));
            }
        }
        return [.. texts.Select(text => states[KeyOf(text)])];
    }

    /// <summary>The latents of pictures on their canvases, the posterior's mode, not scaled; canvases of one size share passes.</summary>
    /// <param name="sources">Pictures, each with its canvas.</param>
    /// <returns>For each picture [1, 4, H/8, W/8], in the caller's dispose scope: not to be changed.</returns>
    public IReadOnlyList<Tensor> EncodeImages(IReadOnlyList<(RgbImage Image, EditCanvas Canvas)> sources)
    {
        Tensor?[] latents = [.. sources.Select(source => cache?.FindSource(source.Image, source.Canvas))];
        int[] missing = [.. Enumerable.Range(0, sources.Count).Where(i => latents[i] is null)];
        foreach (var size in missing.GroupBy(i => sources[i].Canvas.Size))
        {
            int together = (int)Math.Max(1, maxPixelsPerPass / size.Key.PixelCount);
            foreach (int[] pass in size.Chunk(together))
            {
                (RgbImage Image, EditCanvas Canvas)[] passed = [.. pass.Select(i => sources[i])];
                if (pass.Length == 1)
                {
                    latents[pass[0]] =
                        cache?.SourceLatents(passed[0].Image, passed[0].Canvas, () => EncodePass(passed))
                        ?? EncodePass(passed);
                    continue;
                }
                Tensor rows = EncodePass(passed); // [n, 4, h, w]
                for (int row = 0; row < pass.Length; row++)
                {
                    latents[pass[row]] = rows.narrow(0, row, 1);
                }
            }
        }
        return [.. latents.Select(tensor => tensor!)];
    }

    private Tensor EncodePass(TokenizedText[] texts)
    {
        Tensor ids = tensor([.. texts.SelectMany(text => text.Ids)]).view(texts.Length, -1); // [texts, L]
        return model.TextEncoder.call(ids.to(model.Device));
    }

    private Tensor EncodePass((RgbImage Image, EditCanvas Canvas)[] sources)
    {
        Tensor pixels = cat([.. sources.Select(source => PixelTensors.ToTensor(source.Canvas.Place(source.Image)))], 0);
        return autoencoder.EncodeMode(pixels.to(model.Device)); // [n, 3, H, W] → [n, 4, h, w]
    }

    private static string KeyOf(TokenizedText text) => string.Join(' ', text.Ids);
}
