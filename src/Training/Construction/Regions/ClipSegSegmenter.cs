using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.ClipSeg;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>
/// CLIPSeg from a transformers folder such as CIDAS/clipseg-rd64-refined's. The picture is squashed to a square (352 pixels unless
/// told), as CLIPSeg's own preparation does, and the map enlarged to the picture again.
/// </summary>
internal sealed class ClipSegSegmenter : IRegionSegmenter, IDisposable
{
    private readonly Lock _oneAtATime = new();
    private readonly ClipSegModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly Device _device;
    private readonly ClipImagePreprocessor _preprocessor;

    /// <param name="folder">config.json, weights and, where it has them, the tokenizer's files.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="side">Of the square, pixels: a multiple of the patch.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="DatasetException">The folder is no CLIPSeg, or the side does not fit.</exception>
    public ClipSegSegmenter(string folder, string device, int side = 352, CancellationToken cancellationToken = default)
    {
        string config = Path.Combine(folder, "config.json");
        if (!File.Exists(config))
        {
            throw new DatasetException($"{config} is missing: {folder} is no CLIPSeg in transformers' layout");
        }
        ClipSegConfig shape = ClipSegConfig.Parse(File.ReadAllText(config));
        if (side < 1 || side % shape.Clip.Vision.PatchSize != 0)
        {
            throw new DatasetException(
                $"side: {side} is no multiple of the patch of {shape.Clip.Vision.PatchSize} pixels"
            );
        }
        _device = ComputeDevice.Find(device);
        _tokenizer = File.Exists(Path.Combine(folder, "vocab.json"))
            ? ClipTokenizer.Load(folder)
            : ClipTokenizer.Default;
        _preprocessor = new ClipImagePreprocessor(side);
        Model = new ModelNote("segmenter", "clipseg", ModelDigest.Of(folder, cancellationToken));
        _model = new ClipSegModel(shape, new ModelPlacement(_device, ScalarType.Float32));
        try
        {
            using ITensorSource file = CheckpointFile.Open(folder);
            using var weights = new MappedTensorSource(file);
            foreach (string name in file.Tensors.Keys.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)))
            {
                weights.Add(name, name);
            }
            StateDictLoader.Load(_model, weights, options: null, cancellationToken);
            _model.eval();
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ModelNote Model { get; }

    /// <inheritdoc/>
    public float[] Certainties(RgbImage image, string phrase)
    {
        var square = new ImageSize(_preprocessor.Size, _preprocessor.Size);
        RgbImage squashed = ImageResizer.Resize(image, square, ResizeFilter.Bicubic);
        lock (_oneAtATime)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            long[] ids = _tokenizer.Encode(phrase, _model.Config.Clip.Text.MaxTokens).Ids;
            Tensor condition = _model.Condition(tensor(ids, [1, ids.Length], device: _device));
            Tensor logits = _model.call(_preprocessor.Preprocess(squashed).to(_device), condition); // [1, S, S]
            Tensor map = nn.functional.interpolate(
                logits.unsqueeze(1),
                [image.Height, image.Width],
                mode: InterpolationMode.Bilinear,
                align_corners: false
            );
            return map.sigmoid().cpu().contiguous().data<float>().ToArray();
        }
    }

    public void Dispose() => _model.Dispose();
}
