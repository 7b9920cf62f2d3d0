using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// The gradients of one instance of a model whose weights are <see cref="FlatParameters"/>. Backward adds into it in place. One
/// thread at a time may use it; several replicas can run at once.
/// </summary>
public sealed class FlatReplica : IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly Tensor? _lowered;

    internal FlatReplica(FlatLayout layout, List<(FlatSlice Slice, Parameter Parameter)> pairs, Device device)
    {
        using var scope = NewDisposeScope();
        Gradients = zeros(layout.Length, ScalarType.Float32, device).DetachFromDisposeScope();
        ScalarType[] precisions =
        [
            .. pairs.Select(pair => pair.Parameter.dtype).Where(dtype => dtype != ScalarType.Float32).Distinct(),
        ];
        if (precisions.Length > 1)
        {
            throw new ArgumentException(
                $"modules: expected one precision beside fp32, got {string.Join(", ", precisions)}",
                nameof(pairs)
            );
        }
        if (precisions.Length == 1)
        {
            _lowered = zeros(layout.Length, precisions[0], device).DetachFromDisposeScope();
        }
        foreach ((FlatSlice slice, Parameter parameter) in pairs)
        {
            parameter.grad = layout.View(parameter.dtype == ScalarType.Float32 ? Gradients : _lowered!, slice);
            _parameters.Add(parameter);
        }
    }

    /// <summary>
    /// [N] fp32, the sum over all backward passes since <see cref="Clear"/>, complete after <see cref="Collect"/>. Owned by this
    /// object; change it in place only.
    /// </summary>
    public Tensor Gradients { get; }

    /// <summary>Sets all gradients to 0, the first thing of a step.</summary>
    public void Clear()
    {
        using var scope = NewDisposeScope(); // in-place operations return another handle
        Gradients.zero_();
        _lowered?.zero_();
    }

    /// <summary>
    /// Adds the gradients of lower precision into the fp32 ones; call after every backward pass, so that sums over micro-batches
    /// are fp32. Nothing to do in fp32.
    /// </summary>
    public void Collect()
    {
        using var scope = NewDisposeScope();
        if (_lowered is not null)
        {
            Gradients.PlusInPlace(_lowered);
            _lowered.zero_();
        }
    }

    /// <summary>Sums the gradients of all replicas into those of the first, in their order.</summary>
    /// <param name="replicas">At least one, of the same layout.</param>
    /// <returns>The first one's <see cref="Gradients"/>, which it still owns.</returns>
    /// <exception cref="ArgumentException">No replica.</exception>
    public static Tensor Sum(params IReadOnlyList<FlatReplica> replicas)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        if (replicas.Count == 0)
        {
            throw new ArgumentException("replicas: expected at least one", nameof(replicas));
        }
        using var scope = NewDisposeScope();
        Tensor sum = replicas[0].Gradients;
        foreach (FlatReplica replica in replicas.Skip(1))
        {
            sum.PlusInPlace(replica.Gradients);
        }
        return sum;
    }

    /// <summary>Releases the gradients; the parameters have none then.</summary>
    public void Dispose()
    {
        foreach (Parameter parameter in _parameters.Where(parameter => !parameter.IsInvalid)) // a disposed model's are
        {
            parameter.grad = null;
        }
        Gradients.Dispose();
        _lowered?.Dispose();
    }
}
