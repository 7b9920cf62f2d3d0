using InstructDiffusion.Engine.Models.Aesthetic;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring;

/// <summary>
/// LAION's aesthetic predictors over CLIP ViT-L/14 vectors: about 1 (ugly) to 10. Three forms, told apart by the names of their
/// tensors: the improved one without activations (<c>sac+logos+ava1-l14-linearMSE.pth</c>, what the paper calls CLIP+MLP), its
/// variant with them (<c>ava+logos-l14-reluMSE.pth</c>), and the first one, a single layer (<c>sa_0_4_vit_l_14_linear.pth</c>).
/// Files may be safetensors or torch's own, which are read and never executed.
/// </summary>
internal sealed class AestheticScores : IDisposable
{
    private const string OnlyWeight = "weight";

    // Where the released file numbers an activation between the layers.
    private static readonly IReadOnlyDictionary<string, string> _rectified = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["layers.0"] = "layers.0",
        ["layers.3"] = "layers.2",
        ["layers.6"] = "layers.4",
        ["layers.9"] = "layers.6",
        ["layers.11"] = "layers.7",
    };

    private readonly nn.Module<Tensor, Tensor> _predictor;

    private AestheticScores(nn.Module<Tensor, Tensor> predictor)
    {
        _predictor = predictor;
    }

    /// <summary>Features of the vectors that the predictors know.</summary>
    public static int Size => AestheticPredictor.EmbedSize;

    /// <summary>Opens a predictor's file.</summary>
    /// <exception cref="FileNotFoundException">There is nothing under this path.</exception>
    /// <exception cref="CheckpointFormatException">It is damaged or no checkpoint.</exception>
    /// <exception cref="StateDictMismatchException">It is another model's.</exception>
    public static AestheticScores Open(string path, CancellationToken cancellationToken = default)
    {
        using ITensorSource file = CheckpointFile.Open(path);
        if (file.Tensors.ContainsKey(OnlyWeight))
        {
            return Loaded(new Linear(Size, 1, ModelPlacement.Cpu), file, cancellationToken);
        }
        bool isRectified = file.Tensors.ContainsKey("layers.11.weight");
        var predictor = new AestheticPredictor(ModelPlacement.Cpu, isRectified);
        if (!isRectified)
        {
            return Loaded(predictor, file, cancellationToken);
        }
        using var renamed = new MappedTensorSource(file);
        foreach (string name in file.Tensors.Keys)
        {
            int end = name.LastIndexOf('.');
            string? layer = end < 0 ? null : _rectified.GetValueOrDefault(name[..end]);
            renamed.Add(layer is null ? name : layer + name[end..], name);
        }
        return Loaded(predictor, renamed, cancellationToken);
    }

    /// <summary>Scores pictures.</summary>
    /// <param name="pictures">[B, 768], of length 1, from CLIP ViT-L/14.</param>
    /// <returns>B scores.</returns>
    /// <exception cref="ArgumentException">Another shape: the vectors are another CLIP's.</exception>
    public float[] Of(Tensor pictures)
    {
        TensorShape.Require(pictures, nameof(pictures), TensorShape.Any, Size);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return _predictor.call(pictures.to(ScalarType.Float32).cpu()).contiguous().data<float>().ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _predictor.Dispose();

    private static AestheticScores Loaded(
        nn.Module<Tensor, Tensor> predictor,
        ITensorSource weights,
        CancellationToken cancellationToken
    )
    {
        try
        {
            StateDictLoader.Load(predictor, weights, options: null, cancellationToken);
            return new AestheticScores(predictor);
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }
}
