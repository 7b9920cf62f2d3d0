using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>The pairs of an evaluation: the same ones for every model.</summary>
/// <param name="folder">Built by <c>data demo</c>.</param>
/// <param name="plan">Which pairs.</param>
internal sealed class EvaluationPairs(DemoFolder folder, EvaluationPlan plan)
{
    /// <summary>The pairs of one task.</summary>
    /// <param name="task">One of <see cref="DemoTask"/>.</param>
    /// <exception cref="Data.BrokenSampleException">A picture cannot be read.</exception>
    public IEnumerable<EvaluatedPair> Of(string task)
    {
        var weights = new Dictionary<string, double>(StringComparer.Ordinal) { [task] = 1 };
        var dataset = new DemoDataset(folder, plan.Split, plan.Resolution, plan.Seed, plan.Count, weights);
        for (long i = 0; i < plan.Count; i++)
        {
            var augmentation = new CounterRandom(plan.Seed, RandomPurpose.Augmentation, i);
            var phrasing = new CounterRandom(plan.Seed, RandomPurpose.Phrasing, i);
            var noise = new CounterRandom(plan.Seed, RandomPurpose.Noise, i);
            (string instruction, _) = dataset.Describe(i, augmentation, phrasing);
            yield return new EvaluatedPair(dataset.Truth(i), instruction, noise.Next(int.MaxValue));
        }
    }
}
