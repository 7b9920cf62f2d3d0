using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Which candidates every item gets: all pairs of the scales, with one or more seeds. The paper has 20 guidance settings and does
/// not name them; the defaults are specification 3.3's.
/// </summary>
internal sealed record CandidateGrid
{
    /// <summary>Most candidates of an item.</summary>
    public const int MaxCount = 100;

    /// <summary>s_T of the columns.</summary>
    public IReadOnlyList<double> TextScales { get; init; } = [3, 4, 5, 6, 7.5];

    /// <summary>s_I of the rows.</summary>
    public IReadOnlyList<double> ImageScales { get; init; } = [0.75, 1, 1.25, 1.5];

    /// <summary>Seeds for each pair of scales. Pairs share them, so that they differ by their scales alone.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>What every item's seeds are drawn from, with its id.</summary>
    public long Seed { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>The sampler's name.</summary>
    public required string Sampler { get; init; }

    /// <summary>Resolution in pixels that the model's size rule works with.</summary>
    public required int Resolution { get; init; }

    /// <exception cref="AlignmentException">Names the value out of range.</exception>
    public void Validate()
    {
        if (TextScales.Count == 0 || ImageScales.Count == 0 || Seeds < 1)
        {
            throw new AlignmentException("grid: expected at least one text scale, one image scale and one seed");
        }
        long count = (long)TextScales.Count * ImageScales.Count * Seeds;
        if (count > MaxCount)
        {
            throw new AlignmentException($"grid: expected at most {MaxCount} candidates an item, got {count}");
        }
        if (!SamplerNames.ByName.ContainsKey(Sampler))
        {
            throw new AlignmentException(
                $"sampler: expected one of {string.Join(", ", SamplerNames.ByName.Keys)}, got '{Sampler}'"
            );
        }
    }

    /// <summary>The edits of one item, in order: by seed, then s_T, then s_I.</summary>
    /// <param name="item">What is edited.</param>
    /// <param name="rule">The model's size rule.</param>
    public IReadOnlyList<EditRequest> RequestsFor(AlignmentItem item, Engine.Imaging.WorkingSizeRule rule)
    {
        long key = ItemId.KeyOf(item.Id);
        var requests = new List<EditRequest>();
        for (int k = 0; k < Seeds; k++)
        {
            var random = new CounterRandom(Seed, RandomPurpose.Candidates, key, k);
            long seed = random.Next(int.MaxValue); // short enough to type again
            foreach (double text in TextScales)
            {
                foreach (double image in ImageScales)
                {
                    requests.Add(
                        new EditRequest
                        {
                            Image = item.Source,
                            Instruction = item.Instruction,
                            Steps = Steps,
                            Seed = seed,
                            TextGuidanceScale = text,
                            ImageGuidanceScale = image,
                            Sampler = SamplerNames.ByName[Sampler],
                            WorkingSize = WorkingSize.Of(Resolution, rule),
                        }
                    );
                }
            }
        }
        return requests;
    }
}
