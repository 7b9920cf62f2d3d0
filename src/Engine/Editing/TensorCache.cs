using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Tensors that were dear to compute, bounded in bytes; the least recently used go first. Owns its tensors and, as dispose
/// scopes are per thread, makes and frees them within the calls of the one thread that uses it; a library's cache would
/// evict on threads of its own. <see cref="Usage"/> alone may be read by any thread.
/// </summary>
/// <typeparam name="TKey">What a tensor is computed from, whole: equal keys must mean equal tensors.</typeparam>
/// <param name="capacity">Most bytes held; 0 keeps nothing.</param>
internal sealed class TensorCache<TKey>(long capacity) : IDisposable
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new(); // most recent first
    private volatile TensorCacheUsage _usage = new() { Capacity = capacity };

    /// <summary>What it holds and how it has served.</summary>
    public TensorCacheUsage Usage => _usage;

    /// <summary>The tensor of this key, from the cache or made now; the same bits either way.</summary>
    /// <param name="key">What it is computed from.</param>
    /// <param name="make">Computes it; the caller's scope owns what it returns.</param>
    /// <returns>Owned by the caller; must not be changed in place, as others may share its memory.</returns>
    public Tensor Get(TKey key, Func<Tensor> make)
    {
        if (Find(key) is { } known)
        {
            return known;
        }
        Tensor made = make();
        long size = made.numel() * made.element_size();
        if (size <= capacity)
        {
            Shrink(capacity - size);
            // A copy: what was made may be a view of something larger.
            Add(new Entry(key, made.clone().DetachFromDisposeScope(), size));
        }
        _usage = _usage with { Misses = _usage.Misses + 1 };
        return made;
    }

    /// <summary>The tensor of this key, owned by the caller as from <see cref="Get"/>; null when it is not here.</summary>
    public Tensor? Find(TKey key)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? known))
        {
            return null;
        }
        _byUse.Remove(known);
        _byUse.AddFirst(known);
        _usage = _usage with { Hits = _usage.Hits + 1 };
        return known.Value.Tensor.alias();
    }

    /// <summary>Frees every tensor. Those handed out live on.</summary>
    public void Dispose() => Shrink(0);

    private void Add(Entry entry)
    {
        _entries.Add(entry.Key, _byUse.AddFirst(entry));
        _usage = _usage with { Bytes = _usage.Bytes + entry.Size, Entries = _entries.Count };
    }

    private void Shrink(long bytes)
    {
        while (_usage.Bytes > bytes)
        {
            Entry oldest = _byUse.Last!.Value;
            _byUse.RemoveLast();
            _entries.Remove(oldest.Key);
            oldest.Tensor.Dispose();
            _usage = _usage with { Bytes = _usage.Bytes - oldest.Size, Entries = _entries.Count };
        }
    }

    private sealed record Entry(TKey Key, Tensor Tensor, long Size);
}
