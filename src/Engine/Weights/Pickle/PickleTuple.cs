using System.Collections;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>A Python tuple.</summary>
public sealed class PickleTuple(object?[] items) : IReadOnlyList<object?>
{
    /// <summary>The empty tuple.</summary>
    public static PickleTuple Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => items.Length;

    /// <inheritdoc/>
    public object? this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => ((IEnumerable<object?>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    /// <summary>Its length only: items may hold the tuple itself.</summary>
    public override string ToString() => $"tuple of {Count}";
}
