namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>The name of a Python class or function. It is only ever a name: nothing is looked up or run.</summary>
/// <param name="Module">For example <c>collections</c>.</param>
/// <param name="Name">For example <c>OrderedDict</c>.</param>
public sealed record PickleGlobal(string Module, string Name)
{
    /// <summary>For example <c>collections.OrderedDict</c>.</summary>
    public override string ToString() => $"{Module}.{Name}";
}
