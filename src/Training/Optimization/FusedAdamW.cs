using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) over one flat buffer, in a single pass of libtorch's fused kernel: TorchSharp's own loops over
/// the parameters with seven operations each.
/// </summary>
public sealed class FusedAdamW : IDisposable
{
    // TorchSharp has no binding of the kernel, TorchScript reaches it. Lists come in from outside: the compiler takes a write to
    // the elements of a list made inside for dead code and drops it.
    private const string Script = """
        def step(values: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor],
                 counts: List[Tensor], rate: float, beta1: float, beta2: float, decay: float, epsilon: float) -> Tensor:
            torch._fused_adamw_(values, gradients, means, squares, [], counts, lr=rate, beta1=beta1, beta2=beta2,
                                weight_decay=decay, eps=epsilon, amsgrad=False, maximize=False)
            return counts[0]

        """;

    private static readonly Lazy<jit.CompilationUnit> Compiled = new(() => jit.compile(Script));

    private readonly AdamWOptions _options;
    private readonly Tensor _values;

    // What the kernel corrects the bias with: the steps made, counted up by the kernel's caller.
    private readonly Tensor _count;

    /// <summary>Begins with no step made.</summary>
    /// <param name="values">[N] fp32, the weights, stepped in place; owned by the caller and used until disposal.</param>
    /// <param name="options">Its constants.</param>
    /// <exception cref="ArgumentException">An option out of range, or weights that are not a flat fp32 tensor.</exception>
    public FusedAdamW(Tensor values, AdamWOptions options)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (values.dim() != 1 || values.dtype != ScalarType.Float32)
        {
            throw new ArgumentException(
                $"values: expected [N] Float32, got [{string.Join(", ", values.shape)}] {values.dtype}",
                nameof(values)
            );
        }
        _options = options;
        _values = values;
        _ = Compiled.Value;
        using var scope = NewDisposeScope();
        Mean = zeros_like(values).DetachFromDisposeScope();
        Square = zeros_like(values).DetachFromDisposeScope();
        _count = zeros([], ScalarType.Float32, values.device).DetachFromDisposeScope();
    }

    /// <summary>[N] fp32, running mean of the gradients ("exp_avg"). Owned by this object.</summary>
    public Tensor Mean { get; }

    /// <summary>[N] fp32, running mean of their squares ("exp_avg_sq"). Owned by this object.</summary>
    public Tensor Square { get; }

    /// <summary>Steps made so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>Makes one step.</summary>
    /// <param name="gradients">[N] fp32, already unscaled and clipped; not changed.</param>
    /// <param name="learningRate">The rate of this step, at least 0.</param>
    /// <exception cref="ArgumentException">Gradients of another shape or precision, or a rate that is negative or not finite.</exception>
    public void Step(Tensor gradients, double learningRate)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        if (!gradients.shape.SequenceEqual(_values.shape) || gradients.dtype != ScalarType.Float32)
        {
            throw new ArgumentException(
                $"gradients: expected {_values.shape[0]} Float32, got [{string.Join(", ", gradients.shape)}] {gradients.dtype}",
                nameof(gradients)
            );
        }
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
        {
            throw new ArgumentException(
                $"learning rate: expected a finite value ≥ 0, got {learningRate}",
                nameof(learningRate)
            );
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        StepCount++;
        _count.FillInPlace(StepCount);
        _ = Compiled.Value.invoke<Tensor>(
            "step",
            new[] { _values },
            new[] { gradients },
            new[] { Mean },
            new[] { Square },
            new[] { _count },
            learningRate,
            _options.Beta1,
            _options.Beta2,
            _options.WeightDecay,
            _options.Epsilon
        );
    }

    /// <summary>Goes on where a checkpoint stopped.</summary>
    /// <param name="stepCount">Steps made before, at least 0.</param>
    /// <param name="mean">[N] as <see cref="Mean"/>, copied.</param>
    /// <param name="square">[N] as <see cref="Square"/>, copied.</param>
    /// <exception cref="ArgumentException">A tensor of another shape or precision; nothing is changed.</exception>
    public void Restore(long stepCount, Tensor mean, Tensor square)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepCount);
        Require(mean, nameof(mean));
        Require(square, nameof(square));
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        StepCount = stepCount;
        Mean.copy_(mean);
        Square.copy_(square);
    }

    /// <summary>Releases the state; the weights are not touched.</summary>
    public void Dispose()
    {
        Mean.Dispose();
        Square.Dispose();
        _count.Dispose();
    }

    private void Require(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (!tensor.shape.SequenceEqual(_values.shape) || tensor.dtype != ScalarType.Float32)
        {
            throw new ArgumentException(
                $"{name}: expected [{_values.shape[0]}] Float32, got [{string.Join(", ", tensor.shape)}] {tensor.dtype}",
                name
            );
        }
    }
}
