using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>The pairs of one task of an evaluation: the same ones for every model, each made when it is asked for.</summary>
internal sealed class EvaluationPairs
{
    private readonly EvaluationPlan _plan;
    private readonly DemoDataset _dataset;

    /// <param name="folder">Built by <c>data demo</c>.</param>
    /// <param name="plan">Which pairs.</param>
    /// <param name="task">One of <see cref="DemoTask"/>.</param>
    public EvaluationPairs(DemoFolder folder, EvaluationPlan plan, string task)
    {
        Task = task;
        _plan = plan;
        var weights = new Dictionary<string, double>(StringComparer.Ordinal) { [task] = 1 };
        _dataset = new DemoDataset(folder, plan.Split, plan.Resolution, plan.Seed, plan.Count, weights);
    }

    /// <summary>Whose they are.</summary>
    public string Task { get; }

    /// <summary>How many there are, at least 1.</summary>
    public int Count => _plan.Count;

    /// <summary>One of them; how many there are makes no difference to it.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <exception cref="Data.BrokenSampleException">A picture cannot be read.</exception>
    public EvaluatedPair this[int index]
    {
        get
        {
            var augmentation = new CounterRandom(_plan.Seed, RandomPurpose.Augmentation, index);
            var phrasing = new CounterRandom(_plan.Seed, RandomPurpose.Phrasing, index);
            (string instruction, _) = _dataset.Describe(index, augmentation, phrasing);
            return new EvaluatedPair(_dataset.Truth(index), instruction);
        }
    }

    /// <summary>Seed of the noise of an edit, 0…2³¹ − 1.</summary>
    public long NoiseSeed(int index, EditSettings settings) =>
        new CounterRandom(settings.NoiseSeed ?? _plan.Seed, RandomPurpose.Noise, index).Next(int.MaxValue);
}
