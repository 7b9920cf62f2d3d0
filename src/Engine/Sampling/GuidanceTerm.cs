namespace InstructDiffusion.Engine.Sampling;

/// <summary>One row of a guided model call.</summary>
/// <param name="Branch">What the row is conditioned on.</param>
/// <param name="Coefficient">Its share of the guided output; the shares of a plan sum to 1.</param>
public readonly record struct GuidanceTerm(GuidanceBranch Branch, double Coefficient);
