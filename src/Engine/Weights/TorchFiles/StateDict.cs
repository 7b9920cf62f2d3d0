using InstructDiffusion.Engine.Weights.Pickle;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>The tensors of a torch pickle by name, wherever its author put them.</summary>
internal sealed class StateDict
{
    // The authors' and Lightning's, other trainers', DeepSpeed's.
    private static readonly string[] _places = ["state_dict", "model_state_dict", "module", "model"];

    private StateDict() { }

    /// <summary>By name. Those under <c>model_ema</c> (the authors' <c>state.pth</c>) get <c>model_ema.</c> before theirs.</summary>
    public Dictionary<string, TorchTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Texts and numbers beside the state dict: epoch, global_step, ….</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Finds them.</summary>
    /// <exception cref="CheckpointFormatException">There are none, or one has a type that we do not read.</exception>
    public static StateDict Find(string file, object? root)
    {
        if (root is not PickleDict dictionary)
        {
            throw new CheckpointFormatException(file, "it holds no dictionary, hence no weights");
        }
        var found = new StateDict();
        var main = _places.Select(place => dictionary[place]).OfType<PickleDict>().FirstOrDefault();
        var ema = dictionary["model_ema"] as PickleDict;
        found.Add(file, main ?? (ema is null ? dictionary : null), "");
        found.Add(file, ema, "model_ema.");
        if (found.Tensors.Count == 0)
        {
            throw new CheckpointFormatException(
                file,
                $"no state dict in it: looked under {string.Join(", ", _places)}, model_ema and at its root"
            );
        }
        foreach (var (key, value) in dictionary.Entries)
        {
            if (key is string name && value is string or long or double or bool)
            {
                found.Metadata[name] = value.ToString()!;
            }
        }
        return found;
    }

    private void Add(string file, PickleDict? dictionary, string prefix)
    {
        foreach (var (key, value) in dictionary?.Entries ?? [])
        {
            if (key is string name && value is TorchTensor tensor)
            {
                Tensors[prefix + name] = tensor;
            }
            else if (value is UnreadableTensor)
            {
                throw new CheckpointFormatException(file, $"tensor '{key}' has a type that is not supported");
            }
        }
    }
}
