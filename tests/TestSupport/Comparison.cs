namespace InstructDiffusion.TestSupport;

/// <summary>One check of a value against reference data.</summary>
/// <param name="Name">The case, e.g. "scheduler_ddim/step3.prev_sample".</param>
/// <param name="WorstError">Largest absolute difference; NaN where a NaN or infinity appears in one of the two alone.</param>
/// <param name="Tolerance">What the difference may be.</param>
public sealed record Comparison(string Name, double WorstError, double Tolerance)
{
    /// <summary>Within tolerance; a NaN error never is.</summary>
    public bool Passed => WorstError <= Tolerance;
}
