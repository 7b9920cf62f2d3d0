using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Evaluates a model, or an autoencoder alone, on every task of a plan.</summary>
/// <param name="folder">Built by <c>data demo</c>.</param>
/// <param name="plan">Which pairs.</param>
/// <param name="roundTrip">The model's autoencoder.</param>
internal sealed class EvaluationRun(DemoFolder folder, EvaluationPlan plan, AutoencoderRoundTrip roundTrip)
{
    /// <summary>Evaluates.</summary>
    /// <param name="subject">What is evaluated.</param>
    /// <param name="editor">Makes the edits; null to look at the autoencoder alone.</param>
    /// <param name="settings">How each task's edits are made; null without an editor.</param>
    /// <param name="line">Shows how far it is.</param>
    /// <param name="onExamples">Given each task's first pairs with their answers.</param>
    /// <param name="cancellationToken">Looked at between steps and pairs.</param>
    public EvaluationReport Run(
        EvaluatedModel subject,
        IEditor? editor,
        IReadOnlyDictionary<string, EditSettings>? settings,
        ProgressLine line,
        Action<string, IReadOnlyList<JudgedPair>> onExamples,
        CancellationToken cancellationToken
    )
    {
        var bootstrap = new Bootstrap(plan.Seed);
        var pairs = new EvaluationPairs(folder, plan);
        var progress = new WorkProgress(
            line,
            "evaluation",
            settings is null ? "pairs" : "steps",
            plan.Tasks.Sum(task => (long)plan.Count * (settings?[task].Steps ?? 1)),
            TimeProvider.System
        );
        var tasks = new List<TaskReport>();
        var autoencoder = new List<Measurement>();
        foreach (string task in plan.Tasks)
        {
            var evaluation = new TaskEvaluation(roundTrip, editor, bootstrap);
            tasks.Add(
                evaluation.Run(task, pairs.Of(task), settings?[task], by => progress.Advance(by), cancellationToken)
            );
            autoencoder.AddRange(evaluation.Autoencoder);
            onExamples(task, evaluation.Examples);
        }
        progress.Complete();
        return new EvaluationReport
        {
            Version = EvaluationReport.CurrentVersion,
            Model = subject.Name,
            Sha256 = subject.Sha256,
            Editor = subject.Editor,
            Data = folder.Manifest.Fingerprint,
            Split = plan.Split == DemoSplit.HeldOut ? "held_out" : "familiar",
            Resolution = plan.Resolution,
            Seed = plan.Seed,
            AutoencoderPsnr = bootstrap.Of(autoencoder)!,
            Tasks = tasks,
        };
    }
}
