namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>Sorts the tensors of a single-file checkpoint into components under native names.</summary>
internal sealed class LdmNames
{
    private readonly ITensorSource _source;
    private readonly KeyReport _report;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private LdmNames(ITensorSource source, KeyReport report)
    {
        _source = source;
        _report = report;
    }

    /// <summary>The components that are there. They do not own <paramref name="source"/>.</summary>
    /// <param name="source">Tensors in ldm names.</param>
    /// <param name="useEma">Whether the UNet comes from the EMA copy.</param>
    /// <param name="report">Told what became of every tensor.</param>
    /// <exception cref="CheckpointFormatException">The EMA copy lacks a tensor that the raw weights have.</exception>
    public static Dictionary<ModelComponent, ITensorSource> Sort(ITensorSource source, bool useEma, KeyReport report) =>
        new LdmNames(source, report).Sort(useEma);

    private Dictionary<ModelComponent, ITensorSource> Sort(bool useEma)
    {
        var names = _source.Tensors.Keys;
        var components = new Dictionary<ModelComponent, ITensorSource>();
        if (UNetStructure.FromLdm(names.Where(IsOfUNet)) is { } unet)
        {
            Func<string, string?> find = useEma ? FindEma : Find;
            components[ModelComponent.UNet] = Map(
                ModelComponent.UNet,
                UNetKeyMap.Create(unet),
                find,
                useEma ? null : UNetKeyMap.LdmPrefix
            );
        }
        if (VaeStructure.FromLdm(names) is { } vae)
        {
            components[ModelComponent.Vae] = Map(ModelComponent.Vae, VaeKeyMap.Create(vae), Find, VaeKeyMap.LdmPrefix);
        }
        if (TextKeyMap.CountLayers(names) is > 0 and var layers)
        {
            components[ModelComponent.TextEncoder] = Map(
                ModelComponent.TextEncoder,
                TextKeyMap.Create(layers),
                FindText,
                TextKeyMap.LdmPrefix
            );
        }
        foreach (var name in names.Where(name => !_used.Contains(name)))
        {
            ReportUnused(name, useEma);
        }
        return components;
    }

    private MappedTensorSource Map(ModelComponent component, KeyMap map, Func<string, string?> find, string? ownPrefix)
    {
        var mapped = new MappedTensorSource(_source);
        foreach (var pair in map.Pairs)
        {
            if (find(pair.Ldm) is not { } original)
            {
                continue;
            }
            var shape = _source.Info(original).Shape;
            mapped.Add(pair.Native, original, pair.ConvolutionInLdm && shape is [_, _, 1, 1] ? shape[..2] : shape);
            _used.Add(original);
            _report.AddMapped(component, pair.Native, original);
        }
        // What stands among the component's tensors and has no place in it must not vanish: a strict load will name it.
        foreach (var name in _source.Tensors.Keys.Where(name => IsStray(name, ownPrefix)).ToList())
        {
            mapped.Add(name, name);
            _used.Add(name);
            _report.AddUnrecognised(name);
        }
        NativeNames.ReportMissing(component, mapped.Tensors.Keys, _report);
        return mapped;
    }

    // Other networks (a ControlNet) have blocks of the same names.
    private static bool IsOfUNet(string name) =>
        name.StartsWith(UNetKeyMap.LdmPrefix, StringComparison.Ordinal)
        || name.StartsWith(EmaNames.Prefix, StringComparison.Ordinal);

    private bool IsStray(string name, string? prefix) =>
        prefix is not null
        && name.StartsWith(prefix, StringComparison.Ordinal)
        && !_used.Contains(name)
        && IgnoredNames.Reason(name) is null;

    private string? Find(string ldmName) => _source.Tensors.ContainsKey(ldmName) ? ldmName : null;

    private string? FindText(string ldmName) =>
        Find(ldmName) ?? Find(ldmName.Replace(".text_model.", ".", StringComparison.Ordinal));

    private string? FindEma(string ldmName)
    {
        var found = EmaNames.Find(ldmName, _source.Tensors.ContainsKey);
        return found is null && Find(ldmName) is not null
            ? throw new CheckpointFormatException(
                _source.Origin,
                $"its EMA copy lacks '{ldmName}'; open it with the raw weights instead"
            )
            : found;
    }

    private void ReportUnused(string name, bool useEma)
    {
        var reason =
            IgnoredNames.Reason(name)
            ?? (
                useEma && name.StartsWith(UNetKeyMap.LdmPrefix, StringComparison.Ordinal)
                    ? "raw weights; their average is used"
                : !useEma && name.StartsWith(EmaNames.Prefix, StringComparison.Ordinal)
                    ? "the average; the raw weights are used"
                : null
            );
        if (reason is null)
        {
            _report.AddUnrecognised(name);
        }
        else
        {
            _report.AddIgnored(name, reason);
        }
    }
}
