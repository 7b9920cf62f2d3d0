using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// Where every trained parameter of some modules lies in one flat buffer. Weights, gradients, the optimizer's state and the weight
/// average all have this layout, so that each is one tensor to step, to sum, to clip and to save.
/// </summary>
public sealed class FlatLayout
{
    /// <summary>Elements that every slice starts at a multiple of: 64 bytes of fp32, a cache line and the widest vector register.</summary>
    public const int Alignment = 16;

    private readonly Dictionary<string, FlatSlice> _byName;

    private FlatLayout(List<FlatSlice> slices, long length)
    {
        Slices = slices;
        Length = length;
        _byName = slices.ToDictionary(slice => slice.Name, StringComparer.Ordinal);
    }

    /// <summary>The parameters in the order of the modules and of their state dicts.</summary>
    public IReadOnlyList<FlatSlice> Slices { get; }

    /// <summary>Elements of a buffer, N, gaps of the alignment included.</summary>
    public long Length { get; }

    /// <summary>Elements of the parameters alone.</summary>
    public long ParameterCount => Slices.Sum(slice => slice.Count);

    /// <summary>The layout of all parameters that require a gradient.</summary>
    /// <param name="modules">Each with the prefix of its parameters' names; prefixes differ.</param>
    /// <exception cref="ArgumentException">No trained parameter, or two of one name.</exception>
    public static FlatLayout Of(params IReadOnlyList<(string Prefix, nn.Module Module)> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        var slices = new List<FlatSlice>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        long offset = 0;
        foreach ((string name, Parameter parameter) in Trained(modules))
        {
            if (!names.Add(name))
            {
                throw new ArgumentException($"modules: two parameters are named {name}", nameof(modules));
            }
            var slice = new FlatSlice(name, offset, parameter.shape);
            slices.Add(slice);
            offset += (slice.Count + Alignment - 1) / Alignment * Alignment;
        }
        return slices.Count > 0
            ? new FlatLayout(slices, offset)
            : throw new ArgumentException("modules: no parameter requires a gradient", nameof(modules));
    }

    /// <summary>One parameter's part of a buffer, as a view that shares its memory.</summary>
    /// <param name="flat">[N], any dtype and device.</param>
    /// <param name="slice">One of <see cref="Slices"/>.</param>
    /// <returns>A view of the slice's shape, owned by the caller.</returns>
    public Tensor View(Tensor flat, FlatSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        Require(flat);
        using Tensor part = flat.narrow(0, slice.Offset, slice.Count);
        return part.view([.. slice.Shape]);
    }

    /// <summary>All parameters of a buffer by name, as views that share its memory: what checkpoints and exports write.</summary>
    /// <param name="flat">[N], any dtype and device.</param>
    /// <param name="prefix">Only the parameters of the module of this prefix, named without it; null for all.</param>
    /// <returns>Views, each owned by the caller.</returns>
    public IReadOnlyDictionary<string, Tensor> Named(Tensor flat, string? prefix = null)
    {
        Require(flat);
        string start = prefix is null ? "" : $"{prefix}.";
        return Slices
            .Where(slice => slice.Name.StartsWith(start, StringComparison.Ordinal))
            .ToDictionary(slice => slice.Name[start.Length..], slice => View(flat, slice), StringComparer.Ordinal);
    }

    /// <summary>Overwrites the parameters of other modules with a buffer's values, converted to their precision.</summary>
    /// <param name="flat">[N], e.g. a weight average.</param>
    /// <param name="modules">Modules with a parameter of the same name and shape for every slice; others stay as they are.</param>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; nothing is changed.</exception>
    public void CopyTo(Tensor flat, params IReadOnlyList<(string Prefix, nn.Module Module)> modules)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((FlatSlice slice, Parameter parameter) in Match(modules))
        {
            parameter.copy_(View(flat, slice));
        }
    }

    /// <summary>Reads the parameters of modules into a buffer.</summary>
    /// <param name="modules">Modules with a parameter of the same name and shape for every slice.</param>
    /// <param name="flat">[N], overwritten but for the gaps.</param>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; nothing is changed.</exception>
    public void CopyFrom(IReadOnlyList<(string Prefix, nn.Module Module)> modules, Tensor flat)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((FlatSlice slice, Parameter parameter) in Match(modules))
        {
            View(flat, slice).copy_(parameter);
        }
    }

    /// <summary>Pairs every slice with the parameter of its name.</summary>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape.</exception>
    internal List<(FlatSlice Slice, Parameter Parameter)> Match(
        IReadOnlyList<(string Prefix, nn.Module Module)> modules
    )
    {
        ArgumentNullException.ThrowIfNull(modules);
        Dictionary<string, Parameter> targets = Named(modules)
            .ToDictionary(entry => entry.Name, entry => entry.Parameter, StringComparer.Ordinal);
        var pairs = new List<(FlatSlice, Parameter)>(Slices.Count);
        foreach (FlatSlice slice in Slices)
        {
            if (!targets.TryGetValue(slice.Name, out Parameter? target) || !target.shape.SequenceEqual(slice.Shape))
            {
                string shape = target is null ? "none" : $"[{string.Join(", ", target.shape)}]";
                throw new ArgumentException(
                    $"modules: expected a parameter {slice.Name} of shape [{string.Join(", ", slice.Shape)}], got {shape}",
                    nameof(modules)
                );
            }
            pairs.Add((slice, target));
        }
        return pairs;
    }

    /// <summary>As <see cref="Match"/>, for modules that are to be trained: none of their trained parameters may be left over.</summary>
    /// <exception cref="ArgumentException">A parameter is missing, has another shape, or would silently not be trained.</exception>
    internal List<(FlatSlice Slice, Parameter Parameter)> MatchTrained(
        IReadOnlyList<(string Prefix, nn.Module Module)> modules
    )
    {
        List<(FlatSlice, Parameter)> pairs = Match(modules);
        return Trained(modules).FirstOrDefault(entry => !_byName.ContainsKey(entry.Name)).Name is { } extra
            ? throw new ArgumentException(
                $"modules: {extra} requires a gradient, but is not among the trained ones",
                nameof(modules)
            )
            : pairs;
    }

    /// <summary>Checks that a buffer has this layout's length.</summary>
    /// <exception cref="ArgumentException">It has another.</exception>
    internal void Require(Tensor flat)
    {
        ArgumentNullException.ThrowIfNull(flat);
        if (flat.dim() != 1 || flat.numel() != Length)
        {
            throw new ArgumentException(
                $"flat: expected [{Length}], got [{string.Join(", ", flat.shape)}]",
                nameof(flat)
            );
        }
    }

    private static IEnumerable<(string Name, Parameter Parameter)> Trained(
        IReadOnlyList<(string Prefix, nn.Module Module)> modules
    ) => Named(modules).Where(entry => entry.Parameter.requires_grad);

    private static IEnumerable<(string Name, Parameter Parameter)> Named(
        IReadOnlyList<(string Prefix, nn.Module Module)> modules
    ) =>
        modules.SelectMany(entry =>
            entry.Module.named_parameters().Select(p => (Name: $"{entry.Prefix}.{p.name}", Parameter: p.parameter))
        );
}
