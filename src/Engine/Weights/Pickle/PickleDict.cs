namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>A Python dict, in insertion order. Keys compare as in Python (1, 1.0 and True are one key).</summary>
public sealed class PickleDict
{
    // Made on first use: an inert object rarely has entries.
    private OrderedDictionary<object, object?>? _entries;

    /// <summary>Number of entries.</summary>
    public int Count => _entries?.Count ?? 0;

    /// <summary>Keys and values in order; a key may be null (None).</summary>
    public IEnumerable<KeyValuePair<object?, object?>> Entries =>
        (_entries ?? []).Select(e => KeyValuePair.Create(e.Key is NoneKey ? null : e.Key, e.Value));

    /// <summary>The value under a text key, or null where there is none.</summary>
    public object? this[string key] => TryGetValue(key, out var value) ? value : null;

    /// <summary>Whether a key (text, number, bytes, tuple, None) is there, and its value.</summary>
    public bool TryGetValue(object? key, out object? value)
    {
        value = null;
        return _entries is not null && _entries.TryGetValue(key ?? NoneKey.Instance, out value);
    }

    /// <summary>Number of entries only: values may hold the dictionary itself.</summary>
    public override string ToString() => $"dict of {Count}";

    internal void Set(object? key, object? value)
    {
        _entries ??= new OrderedDictionary<object, object?>(PickleKeyComparer.Instance);
        _entries[key ?? NoneKey.Instance] = value;
    }

    private sealed class NoneKey
    {
        public static readonly NoneKey Instance = new();
    }
}
