using System.Globalization;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Which pairs a model is evaluated on.</summary>
internal sealed record EvaluationPlan
{
    /// <summary>Which pictures and phrasings.</summary>
    public required DemoSplit Split { get; init; }

    /// <summary>Side of the pictures, and of the model's canvas, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Pairs of each task, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>Of <see cref="DemoTask"/>.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Of the scenes, the phrasings, the edits' noise and the resampling.</summary>
    public required long Seed { get; init; }

    /// <summary>Pairs in memory, and noted, at once, at least 1: as many as share a step.</summary>
    public int Portion { get; init; } = 1;

    /// <summary><see cref="Split"/> as reports write it.</summary>
    public string SplitName => Split == DemoSplit.HeldOut ? "held_out" : "familiar";

    /// <summary>All that notes on a pair depend on, beside its task, its number and how it is edited.</summary>
    /// <param name="subject">The model.</param>
    /// <param name="data">Fingerprint of the demo data's folder.</param>
    public string Describe(EvaluatedModel subject, string data) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"demo {data} {SplitName} model {subject.Name} {subject.Sha256} {subject.Editor ?? "autoencoder alone"} "
        ) + string.Create(CultureInfo.InvariantCulture, $"resolution {Resolution} seed {Seed}");

    /// <summary>The same of an evaluation, whose kept answers belong to one way of editing each task.</summary>
    /// <param name="subject">The model.</param>
    /// <param name="data">Fingerprint of the demo data's folder.</param>
    /// <param name="settings">How each task's edits are made; null for an autoencoder alone.</param>
    public string Describe(EvaluatedModel subject, string data, IReadOnlyDictionary<string, EditSettings>? settings) =>
        string.Join(' ', [Describe(subject, data), .. Tasks.Select(task => $"{task} ({settings?[task].Key})")]);
}
