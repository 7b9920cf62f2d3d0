namespace InstructDiffusion.Training.Recipes;

/// <summary>What is wrong with a recipe: all of it, so that one look is enough.</summary>
internal sealed class ProblemList
{
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> All => _problems;

    /// <summary>Notes a problem unless the condition holds.</summary>
    public void Require(bool condition, string field, string problem)
    {
        if (!condition)
        {
            _problems.Add($"{field}: {problem}");
        }
    }

    public void Range(double value, double low, double high, string field) =>
        Require(
            value >= low && value <= high,
            field,
            FormattableString.Invariant($"must be {low}…{high}, got {value}")
        );
}
