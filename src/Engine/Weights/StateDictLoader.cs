using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Fills a module's parameters and buffers from a checkpoint, strictly.</summary>
public static class StateDictLoader
{
    private const int Shown = 10;

    /// <summary>
    /// Copies every tensor of <paramref name="source"/> into the module's parameter or buffer of that name, in the module's
    /// type and on its device. Nothing is copied unless all names and shapes fit.
    /// </summary>
    /// <param name="module">Its parameters are overwritten in place; requires_grad stays as it is.</param>
    /// <param name="source">Tensors under the module's names.</param>
    /// <param name="options">Exceptions to strictness.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="StateDictMismatchException">Lists every missing, extra and misshapen tensor.</exception>
    /// <exception cref="CheckpointFormatException">Data cannot be read, or weights are NaN or infinite.</exception>
    public static void Load(
        nn.Module module,
        ITensorSource source,
        StateDictLoadOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new StateDictLoadOptions();
        var targets = module.state_dict();
        RequireMatch(targets, source, options);
        var bad = new List<string>();
        using var noGrad = no_grad();
        foreach (var (name, target) in targets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (source.Info(name).Shape.SequenceEqual(target.shape))
            {
                source.CopyTo(name, target);
            }
            else
            {
                CopyFirstChannels(source, name, target);
            }
            if (options.RequireFinite && target.dtype.IsFloat() && !IsFinite(target))
            {
                bad.Add(name);
            }
        }
        if (bad.Count > 0)
        {
            var names = string.Join(", ", bad.Take(Shown)) + (bad.Count > Shown ? ", …" : "");
            throw new CheckpointFormatException(
                source.Origin,
                $"{bad.Count} tensors hold NaN or infinity as {targets[bad[0]].dtype}: {names}"
            );
        }
    }

    private static void RequireMatch(
        Dictionary<string, Tensor> targets,
        ITensorSource source,
        StateDictLoadOptions options
    )
    {
        var missing = new List<string>();
        var misshapen = new List<MisshapenTensor>();
        foreach (var (name, target) in targets)
        {
            if (!source.Tensors.TryGetValue(name, out var actual))
            {
                missing.Add(name);
                continue;
            }
            var expected = new TensorInfo(target.dtype, target.shape);
            var fits =
                expected.Shape.SequenceEqual(actual.Shape)
                || (
                    string.Equals(name, options.ExtendInputChannelsOf, StringComparison.Ordinal)
                    && IsExtensible(actual.Shape, expected.Shape)
                );
            if (!fits || expected.DType.IsFloat() != actual.DType.IsFloat())
            {
                misshapen.Add(new MisshapenTensor(name, expected, actual));
            }
        }
        var unexpected = source.Tensors.Keys.Where(name => !targets.ContainsKey(name)).ToList();
        if (missing.Count + unexpected.Count + misshapen.Count > 0)
        {
            missing.Sort(StringComparer.Ordinal);
            unexpected.Sort(StringComparer.Ordinal);
            throw new StateDictMismatchException(source.Origin, missing, unexpected, misshapen);
        }
    }

    private static bool IsExtensible(ReadOnlySpan<long> actual, ReadOnlySpan<long> expected) =>
        actual.Length == 4
        && expected.Length == 4
        && actual[0] == expected[0]
        && actual[1] < expected[1]
        && actual[2..].SequenceEqual(expected[2..]);

    private static void CopyFirstChannels(ITensorSource source, string name, Tensor target)
    {
        using var channels = source.Read(name); // [out, fewer, kh, kw]
        target.zero_();
        using var first = target.narrow(1, 0, channels.shape[1]);
        first.copy_(channels);
    }

    // A sum is one fast pass and NaN or infinity survive it; only a suspicious sum is looked at element by element.
    private static bool IsFinite(Tensor tensor)
    {
        if (float.IsFinite(tensor.sum(ScalarType.Float32).item<float>()))
        {
            return true;
        }
        return tensor.isfinite().all().item<bool>();
    }
}
