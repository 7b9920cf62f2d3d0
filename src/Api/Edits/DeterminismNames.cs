using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>What <see cref="Determinism"/> is called in requests and answers.</summary>
internal static class DeterminismNames
{
    /// <summary>The values by their names.</summary>
    public static IReadOnlyDictionary<string, Determinism> ByName { get; } =
        new OrderedDictionary<string, Determinism>(StringComparer.Ordinal)
        {
            ["fast"] = Determinism.Fast,
            ["batch_invariant"] = Determinism.BatchInvariant,
        };

    /// <summary>The name of a value.</summary>
    public static string NameOf(Determinism determinism) => ByName.First(named => named.Value == determinism).Key;
}
