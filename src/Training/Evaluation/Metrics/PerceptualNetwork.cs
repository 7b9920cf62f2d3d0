using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>The convolutions of AlexNet or VGG16 as torchvision numbers them.</summary>
internal static class PerceptualNetwork
{
    private static readonly PerceptualLayer[] _alexNet =
    [
        new(0, Stride: 4, Padding: 2, IsTap: true, PoolBefore: 0),
        new(3, 1, 2, IsTap: true, PoolBefore: 3),
        new(6, 1, 1, IsTap: true, PoolBefore: 3),
        new(8, 1, 1, IsTap: true, PoolBefore: 0),
        new(10, 1, 1, IsTap: true, PoolBefore: 0),
    ];

    private static readonly PerceptualLayer[] _vgg16 =
    [
        new(0, 1, 1, IsTap: false, PoolBefore: 0),
        new(2, 1, 1, IsTap: true, PoolBefore: 0),
        new(5, 1, 1, IsTap: false, PoolBefore: 2),
        new(7, 1, 1, IsTap: true, PoolBefore: 0),
        new(10, 1, 1, IsTap: false, PoolBefore: 2),
        new(12, 1, 1, IsTap: false, PoolBefore: 0),
        new(14, 1, 1, IsTap: true, PoolBefore: 0),
        new(17, 1, 1, IsTap: false, PoolBefore: 2),
        new(19, 1, 1, IsTap: false, PoolBefore: 0),
        new(21, 1, 1, IsTap: true, PoolBefore: 0),
        new(24, 1, 1, IsTap: false, PoolBefore: 2),
        new(26, 1, 1, IsTap: false, PoolBefore: 0),
        new(28, 1, 1, IsTap: true, PoolBefore: 0),
    ];

    /// <summary>Which of the two a file holds, by its first convolution: 11 × 11 pixels is AlexNet's.</summary>
    /// <exception cref="EvaluationException">It is neither.</exception>
    public static IReadOnlyList<PerceptualLayer> LayersOf(ITensorSource features)
    {
        long[] first = features.Tensors.TryGetValue("features.0.weight", out TensorInfo? info)
            ? info.Shape.ToArray()
            : [];
        return first switch
        {
            [_, 3, 11, 11] => _alexNet,
            [_, 3, 3, 3] => _vgg16,
            _ => throw new EvaluationException(
                $"{features.Origin}: no features.0.weight of [n, 3, 11, 11] (AlexNet) or [n, 3, 3, 3] (VGG16)"
            ),
        };
    }

    /// <summary>One tensor of a file.</summary>
    /// <returns>fp32, owned by the caller.</returns>
    /// <exception cref="EvaluationException">It is not there, or of another number of dimensions.</exception>
    public static Tensor Read(ITensorSource source, string name, int dimensions)
    {
        if (!source.Tensors.TryGetValue(name, out TensorInfo? info) || info.Shape.Length != dimensions)
        {
            throw new EvaluationException($"{source.Origin}: no {name} of {dimensions} dimensions");
        }
        Tensor values = empty(info.Shape.ToArray(), ScalarType.Float32);
        source.CopyTo(name, values);
        return values;
    }
}
