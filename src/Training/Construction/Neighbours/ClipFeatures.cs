using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>The image embedding of a whole CLIP, e.g. openai/clip-vit-large-patch14's, of the patch as it is.</summary>
internal sealed class ClipFeatures : IRegionFeatures, IDisposable
{
    private readonly Lock _oneAtATime = new();
    private readonly ClipModel _model;
    private readonly Device _device;
    private readonly ClipImagePreprocessor _preprocessor;

    /// <param name="folder">Of the CLIP.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="ScoringException">The folder is no CLIP.</exception>
    public ClipFeatures(string folder, string device, CancellationToken cancellationToken = default)
    {
        (_model, _) = ClipFolder.Load(folder, device, cancellationToken);
        _device = ComputeDevice.Find(device);
        _preprocessor = new ClipImagePreprocessor(_model.Config.Vision.ImageSize);
        Model = new ModelNote("features", "clip", ModelDigest.Of(folder, cancellationToken));
    }

    /// <inheritdoc/>
    public ModelNote Model { get; }

    /// <inheritdoc/>
    public float[] Of(RgbImage patch, RegionMask mask)
    {
        if (Math.Max(patch.Width, patch.Height) > ClipImagePreprocessor.MaxAspect * Math.Min(patch.Width, patch.Height))
        {
            throw new RejectedItemException("a region that is a line", $"{patch.Width}x{patch.Height}");
        }
        lock (_oneAtATime)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            Tensor embeds = _model.ImageEmbeds(_preprocessor.Preprocess(patch).to(_device)); // [1, P]
            return Vectors.Normalize(embeds.cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray());
        }
    }

    public void Dispose() => _model.Dispose();
}
