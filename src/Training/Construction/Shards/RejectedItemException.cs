namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>An item is left out, and why.</summary>
/// <param name="reason">Without the item's own values, so that equal reasons are counted together.</param>
/// <param name="detail">With them.</param>
internal sealed class RejectedItemException(string reason, string detail) : Exception($"{reason}: {detail}")
{
    public RejectionNote Note { get; } = new(reason, detail);
}
