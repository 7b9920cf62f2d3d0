using System.Text;

namespace InstructDiffusion.Engine.Weights;

/// <summary>A checkpoint does not hold exactly the tensors that a module has.</summary>
public sealed class StateDictMismatchException : Exception
{
    private const int Shown = 20;

    /// <summary>Everything that does not match, at once.</summary>
    public StateDictMismatchException(
        string origin,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<MisshapenTensor> misshapen
    )
        : base(Describe(origin, missing, unexpected, misshapen))
    {
        Origin = origin;
        Missing = missing;
        Unexpected = unexpected;
        Misshapen = misshapen;
    }

    /// <summary>The checkpoint.</summary>
    public string Origin { get; }

    /// <summary>Names that the module has and the checkpoint lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names that the checkpoint has and the module lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Tensors of another shape or kind of type.</summary>
    public IReadOnlyList<MisshapenTensor> Misshapen { get; }

    private static string Describe(
        string origin,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<MisshapenTensor> misshapen
    )
    {
        var text = new StringBuilder($"{origin} does not fit the model");
        Append(text, "missing", missing);
        Append(text, "unexpected", unexpected);
        Append(text, "misshapen", [.. misshapen.Select(m => m.ToString())]);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string what, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }
        text.Append("; ").Append(lines.Count).Append(' ').Append(what).Append(": ");
        text.AppendJoin(", ", lines.Take(Shown));
        if (lines.Count > Shown)
        {
            text.Append(", … and ").Append(lines.Count - Shown).Append(" more");
        }
    }
}

/// <summary>A tensor that is there but does not fit.</summary>
/// <param name="Name">Its native name.</param>
/// <param name="Expected">What the module has.</param>
/// <param name="Actual">What the checkpoint has.</param>
public sealed record MisshapenTensor(string Name, TensorInfo Expected, TensorInfo Actual)
{
    /// <summary>For example <c>conv_in.weight (expected Float32 [320, 8, 3, 3], got Float16 [320, 4, 3, 3])</c>.</summary>
    public override string ToString() => $"{Name} (expected {Expected}, got {Actual})";
}
