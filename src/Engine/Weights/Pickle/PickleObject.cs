namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>
/// What a pickle says of an instance of a class we do not know: a callback, a configuration, an optimizer. Inert: the class is
/// never looked up, its constructor never called.
/// </summary>
public sealed class PickleObject
{
    internal PickleObject(PickleGlobal? type, PickleTuple arguments)
    {
        Type = type;
        Arguments = arguments;
    }

    /// <summary>The class, or the function that would have made the object; null if that is itself a computed object.</summary>
    public PickleGlobal? Type { get; }

    /// <summary>What the constructor or function would have been given.</summary>
    public PickleTuple Arguments { get; }

    /// <summary>What <c>__setstate__</c> would have been given, mostly a dictionary of attributes.</summary>
    public object? State { get; internal set; }

    /// <summary>What would have been appended, for subclasses of list.</summary>
    public IReadOnlyList<object?> Items => ItemList;

    /// <summary>What would have been set by key, for subclasses of dict.</summary>
    public PickleDict Entries { get; } = new();

    internal List<object?> ItemList { get; } = [];

    /// <summary>The class's name.</summary>
    public override string ToString() => $"object of {Type?.ToString() ?? "an unnamed class"}";
}
