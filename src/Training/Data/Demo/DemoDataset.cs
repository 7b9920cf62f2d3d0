using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// Instruction pairs made as they are asked for: named cut-outs on real photographs, so that every answer is exact. A pair's pixels
/// are a function of (folder, split, resolution, seed, weights, index) alone; the augmentation stream of <see cref="Read"/> is not
/// used, since another index is another scene already. Any number of threads may read.
/// </summary>
public sealed class DemoDataset : IEditDataset
{
    /// <summary>Changes when the same scene would be drawn or rendered otherwise.</summary>
    private const int PixelVersion = 1;

    private readonly SceneComposer _composer;
    private readonly SceneRenderer _renderer;
    private readonly DemoInstructions _instructions;
    private readonly DemoSplit _split;
    private readonly long _seed;

    /// <param name="folder">Built by <c>data demo</c>.</param>
    /// <param name="split">Which pictures and phrasings.</param>
    /// <param name="resolution">Side of the pictures, 32…512.</param>
    /// <param name="seed">Another seed draws other scenes.</param>
    /// <param name="count">Pairs, at least 1.</param>
    /// <param name="weights">
    /// How often each of <see cref="DemoTask"/> is drawn, relative to their sum; null for <see cref="DemoTask.DefaultWeights"/>.
    /// </param>
    /// <exception cref="ArgumentException">A value out of range, or a task that is none.</exception>
    /// <exception cref="InvalidDataException">The folder's phrasings are malformed.</exception>
    public DemoDataset(
        DemoFolder folder,
        DemoSplit split,
        int resolution,
        long seed,
        long count,
        IReadOnlyDictionary<string, double>? weights = null
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(resolution, 512);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        weights = Checked(weights ?? DemoTask.DefaultWeights);
        _split = split;
        _seed = seed;
        Count = count;
        _composer = new SceneComposer(folder, split, weights);
        _renderer = new SceneRenderer(folder, resolution);
        _instructions = new DemoInstructions(folder, split, weights.Keys);
        Name = $"demo-{split.ToString().ToLowerInvariant()}";
        string weighting = string.Join(
            ' ',
            weights
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value:R}"))
        );
        string identity = $"{PixelVersion} {folder.Manifest.Fingerprint} {split} {resolution} {seed} {weighting}";
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    /// <remarks>The count is no part of it: more pairs leave the first ones as they were.</remarks>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        SceneSpec spec = Spec(index);
        DemoTruth truth = _renderer.Render(spec);
        return new EditSample(truth.Source, truth.Target, _instructions.Word(spec, phrasing), spec.Task);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        SceneSpec spec = Spec(index);
        return (_instructions.Word(spec, phrasing), spec.Task);
    }

    /// <summary>What a pair is made of, without making it.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    public SceneSpec Spec(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _composer.Compose(new CounterRandom(_seed, RandomPurpose.Scene, index, (int)_split));
    }

    /// <summary>Renders a pair with all that is known of it: the same pixels as <see cref="Read"/>.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <exception cref="BrokenSampleException">A picture cannot be read.</exception>
    public DemoTruth Truth(long index) => _renderer.Render(Spec(index));

    private static IReadOnlyDictionary<string, double> Checked(IReadOnlyDictionary<string, double> weights)
    {
        foreach ((string task, double weight) in weights)
        {
            if (!DemoTask.DefaultWeights.ContainsKey(task))
            {
                throw new ArgumentException(
                    $"weights: '{task}' is no task of the demo; there are {string.Join(", ", DemoTask.DefaultWeights.Keys)}",
                    nameof(weights)
                );
            }
            if (!double.IsFinite(weight) || weight < 0)
            {
                throw new ArgumentException($"weights: {task}: expected 0 or more, got {weight}", nameof(weights));
            }
        }
        return weights.Values.Sum() > 0 ? weights : throw new ArgumentException("weights: all are 0", nameof(weights));
    }
}
