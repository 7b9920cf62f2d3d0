using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// The trained parameters of a model in one flat fp32 buffer: the weights that the optimizer steps. Any number of instances of the
/// model compute with them, each on a thread of its own and with its own gradients; see <see cref="Attach"/>.
/// </summary>
/// <remarks>
/// Instances of lower precision read a copy in that precision, which <see cref="Refresh"/> renews (Micikevicius et al. 2018, §3.1);
/// parameters that they keep in fp32 (normalisations) are the master weights themselves.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    private readonly Dictionary<ScalarType, Tensor> _lowered = [];

    /// <summary>Takes the layout and the values, as fp32, of modules; the modules themselves stay as they are.</summary>
    /// <param name="modules">Each with the prefix of its parameters' names; only parameters that require a gradient count.</param>
    /// <exception cref="ArgumentException">No trained parameter, or two of one name.</exception>
    public FlatParameters(params IReadOnlyList<(string Prefix, nn.Module Module)> modules)
    {
        Layout = FlatLayout.Of(modules);
        Device device = modules[0].Module.parameters().First().device;
        Values = zeros(Layout.Length, ScalarType.Float32, device).DetachFromDisposeScope();
        Layout.CopyFrom(modules, Values);
    }

    /// <summary>Where each parameter lies.</summary>
    public FlatLayout Layout { get; }

    /// <summary>[N] fp32, the weights. Owned by this object; change them in place only, then call <see cref="Refresh"/>.</summary>
    public Tensor Values { get; }

    /// <summary>Makes modules compute with these weights from now on: their parameters become views of the buffer.</summary>
    /// <param name="modules">
    /// The modules of the constructor or others of the same parameters; any floating precision. Parameters that are not trained
    /// are left as they are. Moving the modules to another device or precision afterwards, or clearing their gradients by
    /// themselves, undoes it.
    /// </param>
    /// <returns>The gradients of these modules, owned by the caller.</returns>
    /// <exception cref="ArgumentException">
    /// A parameter is missing, has another shape or lies on another device, or would silently not be trained; nothing is changed.
    /// </exception>
    public FlatReplica Attach(params IReadOnlyList<(string Prefix, nn.Module Module)> modules)
    {
        List<(FlatSlice Slice, Parameter Parameter)> pairs = Layout.MatchTrained(modules);
        foreach ((FlatSlice slice, Parameter parameter) in pairs)
        {
            if (parameter.device_type != Values.device_type || parameter.device_index != Values.device_index)
            {
                throw new ArgumentException(
                    $"modules: {slice.Name} lies on {parameter.device}, expected {Values.device}",
                    nameof(modules)
                );
            }
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((FlatSlice slice, Parameter parameter) in pairs)
        {
            // The parameter stays the same leaf of the graph, of the same name: only its memory is exchanged.
            parameter.set_(Layout.View(InPrecision(parameter.dtype), slice));
        }
        return new FlatReplica(Layout, pairs, Values.device);
    }

    /// <summary>Carries the weights over to the copies of lower precision; call after every change. Nothing to do without such.</summary>
    public void Refresh()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (Tensor lowered in _lowered.Values)
        {
            lowered.copy_(Values);
        }
    }

    /// <summary>Releases the buffer. Attached modules keep its memory alive and stay usable.</summary>
    public void Dispose()
    {
        Values.Dispose();
        foreach (Tensor lowered in _lowered.Values)
        {
            lowered.Dispose();
        }
        _lowered.Clear();
    }

    private Tensor InPrecision(ScalarType dtype)
    {
        if (dtype == ScalarType.Float32)
        {
            return Values;
        }
        if (!_lowered.TryGetValue(dtype, out Tensor? lowered))
        {
            lowered = Values.to(dtype).DetachFromDisposeScope();
            _lowered.Add(dtype, lowered);
        }
        return lowered;
    }
}
