namespace InstructDiffusion.Engine.Editing;

/// <summary>Whether an edit's picture may depend on what else the engine works at.</summary>
public enum Determinism
{
    /// <summary>It shares model calls with other edits, which changes it by the rounding of larger matrix products.</summary>
    Fast,

    /// <summary>It has every model call to itself: the same bits whoever else is served, on the same machine and settings.</summary>
    BatchInvariant,
}
