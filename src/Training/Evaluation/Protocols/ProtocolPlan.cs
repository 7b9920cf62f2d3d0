using System.Globalization;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>What of a protocol is evaluated, and how.</summary>
internal sealed record ProtocolPlan
{
    /// <summary>Of <see cref="ProtocolNames"/>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The data set's kind.</summary>
    public required string Set { get; init; }

    /// <summary>Resolution of the model's canvas, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Items of each part, at most; drawn with <see cref="Seed"/> where there are more.</summary>
    public required int Count { get; init; }

    /// <summary>Of the items drawn, the phrasings, the edits' noise and the resampling.</summary>
    public required long Seed { get; init; }

    /// <summary>How edits are made; of a sweep the first of the settings that are tried.</summary>
    public required EditSettings Settings { get; init; }

    /// <summary>Whether several settings are tried.</summary>
    public bool IsSweep { get; init; }

    /// <summary>Items in memory, and noted, at once, at least 1: as many as share a step.</summary>
    public int Portion { get; init; } = 1;

    /// <summary>What else the figures depend on: hashes of the files of CLIP, of LPIPS.</summary>
    public IReadOnlyList<string> Measures { get; init; } = [];

    /// <summary>The items of a part that are evaluated, in order.</summary>
    /// <param name="count">Items that it has.</param>
    public IReadOnlyList<int> ItemsOf(int count) =>
        count <= Count
            ? [.. Enumerable.Range(0, count)]
            :
            [
                .. Enumerable
                    .Range(0, count)
                    .OrderBy(index => new CounterRandom(Seed, RandomPurpose.Order, index).NextBits())
                    .Take(Count)
                    .Order(),
            ];

    /// <summary>Seed of the noise of a part of an item, 0…2³¹ − 1.</summary>
    public long NoiseSeed(int index, int part, EditSettings settings) =>
        new CounterRandom(settings.NoiseSeed ?? Seed, RandomPurpose.Noise, index, part).Next(int.MaxValue);

    /// <summary>All that notes depend on; of a sweep all but the settings, so that more can be tried later.</summary>
    /// <param name="subject">The model.</param>
    /// <param name="parts">Name and fingerprint of each part of the data set.</param>
    public string Describe(EvaluatedModel subject, IEnumerable<(string Name, string Fingerprint)> parts) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Protocol} {Set} model {subject.Name} {subject.Sha256} {subject.Editor} resolution {Resolution} count {Count} "
        )
        + string.Create(CultureInfo.InvariantCulture, $"seed {Seed} {(IsSweep ? "sweep" : Settings.Key)} ")
        + string.Join(' ', parts.Select(part => $"{part.Name}={part.Fingerprint}").Concat(Measures));
}
