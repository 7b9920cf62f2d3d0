using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Evaluates a model, or an autoencoder alone, on every task of a plan, going on where an earlier run was interrupted.</summary>
/// <param name="folder">Built by <c>data demo</c>.</param>
/// <param name="plan">Which pairs.</param>
/// <param name="roundTrip">The model's autoencoder.</param>
/// <param name="journal">Of this evaluation: its plan describes all that notes depend on.</param>
/// <param name="examples">Keeps the answers that the sheets show.</param>
internal sealed class EvaluationRun(
    DemoFolder folder,
    EvaluationPlan plan,
    AutoencoderRoundTrip roundTrip,
    ItemJournal journal,
    ExampleAnswers examples
)
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
        var tasks = new List<(EvaluationPairs Pairs, TaskEvaluation Evaluation, EditSettings? Settings)>();
        foreach (string task in plan.Tasks)
        {
            var pairs = new EvaluationPairs(folder, plan, task);
            var evaluation = new TaskEvaluation(pairs, roundTrip, editor, bootstrap, journal)
            {
                Examples = examples,
                Portion = plan.Portion,
            };
            tasks.Add((pairs, evaluation, settings?[task]));
        }
        var progress = new WorkProgress(
            line,
            "evaluation",
            settings is null ? "pairs" : "steps",
            tasks.Sum(task => (long)plan.Count * (task.Settings?.Steps ?? 1)),
            TimeProvider.System,
            tasks.Sum(task => (long)task.Evaluation.DoneWith(task.Settings) * (task.Settings?.Steps ?? 1))
        );
        var reports = new List<TaskReport>();
        foreach ((EvaluationPairs pairs, TaskEvaluation evaluation, EditSettings? edits) in tasks)
        {
            reports.Add(evaluation.Run(edits, by => progress.Advance(by), cancellationToken));
            int shown = Math.Min(pairs.Count, ExampleAnswers.Kept);
            onExamples(
                pairs.Task,
                [.. Enumerable.Range(0, shown).Select(index => examples.Read(pairs.Task, index, pairs[index]))]
            );
        }
        progress.Complete();
        return new EvaluationReport
        {
            Version = EvaluationReport.CurrentVersion,
            Model = subject.Name,
            Sha256 = subject.Sha256,
            Editor = subject.Editor,
            Data = folder.Manifest.Fingerprint,
            Split = plan.SplitName,
            Resolution = plan.Resolution,
            Seed = plan.Seed,
            AutoencoderPsnr = bootstrap.Of([.. tasks.SelectMany(task => task.Evaluation.Autoencoder)])!,
            Tasks = reports,
        };
    }
}
