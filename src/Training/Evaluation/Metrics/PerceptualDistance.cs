using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>
/// LPIPS 0.1 (Zhang et al. 2018): the features of AlexNet or VGG16 at five layers, each made a vector of length 1 at every place; their
/// squared differences, weighted by channel, averaged over the places, summed over the layers. 0 for equal pictures; lower is
/// better. Belongs to the thread that uses it.
/// </summary>
internal sealed class PerceptualDistance : IDisposable
{
    /// <summary>Of pictures: below it the deeper layers have nothing left.</summary>
    public const int LeastSide = 64;

    // ImageNet's means and deviations, of values −1…1.
    private static readonly float[] _shift = [-0.030f, -0.088f, -0.188f];
    private static readonly float[] _scale = [0.458f, 0.448f, 0.450f];

    private const double SmallestLength = 1e-10;

    private readonly IReadOnlyList<PerceptualLayer> _layers;
    private readonly List<Tensor> _owned = [];
    private readonly List<(Tensor Weight, Tensor Bias)> _convolutions = [];
    private readonly List<Tensor> _weights = []; // [1, C, 1, 1] a tap

    private PerceptualDistance(ITensorSource features, ITensorSource weights)
    {
        _layers = PerceptualNetwork.LayersOf(features);
        try
        {
            foreach (PerceptualLayer layer in _layers)
            {
                Tensor weight = Own(PerceptualNetwork.Read(features, $"features.{layer.Index}.weight", dimensions: 4));
                Tensor bias = Own(PerceptualNetwork.Read(features, $"features.{layer.Index}.bias", dimensions: 1));
                _convolutions.Add((weight, bias));
                if (layer.IsTap)
                {
                    string name = $"lin{_weights.Count}.model.1.weight";
                    Tensor tap = Own(PerceptualNetwork.Read(weights, name, dimensions: 4));
                    TensorShape.Require(tap, name, 1, weight.shape[0], 1, 1);
                    _weights.Add(tap);
                }
            }
        }
        catch (ArgumentException mismatch)
        {
            Dispose();
            throw new EvaluationException($"{weights.Origin}: not of {features.Origin}: {mismatch.Message}", mismatch);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens the two files, each safetensors or torch's own, which is read and never executed.</summary>
    /// <param name="features">torchvision's <c>alexnet</c> or <c>vgg16</c>: <c>features.N.weight</c> and <c>.bias</c>.</param>
    /// <param name="weights">lpips' own of that network: <c>linK.model.1.weight</c>.</param>
    /// <exception cref="FileNotFoundException">One is not there.</exception>
    /// <exception cref="CheckpointFormatException">One is damaged.</exception>
    /// <exception cref="EvaluationException">They lack a tensor, or do not belong together.</exception>
    public static PerceptualDistance Open(string features, string weights)
    {
        using ITensorSource network = CheckpointFile.Open(features);
        using ITensorSource heads = CheckpointFile.Open(weights);
        return new PerceptualDistance(network, heads);
    }

    /// <summary>Of two pictures of one size, at least <see cref="LeastSide"/> each way.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public double Of(RgbImage target, RgbImage picture)
    {
        if ((picture.Width, picture.Height) != (target.Width, target.Height))
        {
            throw new ArgumentException(
                $"picture: expected {target.Width}x{target.Height} as the target, got {picture.Width}x{picture.Height}",
                nameof(picture)
            );
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor values = cat([PixelTensors.ToTensor(target), PixelTensors.ToTensor(picture)], 0); // [2, 3, H, W]
        Tensor shift = tensor(_shift, [1, 3, 1, 1]);
        Tensor scale = tensor(_scale, [1, 3, 1, 1]);
        values = values.sub(shift).div(scale);
        double sum = 0;
        int tap = 0;
        for (int i = 0; i < _layers.Count; i++)
        {
            PerceptualLayer layer = _layers[i];
            if (layer.PoolBefore > 0)
            {
                values = functional.max_pool2d(values, layer.PoolBefore, stride: 2);
            }
            (Tensor weight, Tensor bias) = _convolutions[i];
            values = functional
                .conv2d(values, weight, bias, [layer.Stride, layer.Stride], [layer.Padding, layer.Padding])
                .relu();
            if (layer.IsTap)
            {
                Tensor length = values.Squared().sum(1, keepdim: true).sqrt().Plus(SmallestLength); // [2, 1, h, w]
                Tensor unit = values.div(length);
                Tensor difference = unit.narrow(0, 0, 1).sub(unit.narrow(0, 1, 1)).Squared(); // [1, C, h, w]
                sum += difference.mul(_weights[tap++]).sum(1).mean().item<float>();
            }
        }
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(tensor => tensor.Dispose());

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
