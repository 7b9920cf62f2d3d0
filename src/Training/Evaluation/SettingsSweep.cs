using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Tries settings on a few pairs of a task, to choose a preset.</summary>
/// <param name="folder">Built by <c>data demo</c>.</param>
/// <param name="plan">Which pairs; best of another seed than the figures that will be published.</param>
/// <param name="roundTrip">The model's autoencoder.</param>
/// <param name="editor">The model.</param>
internal sealed class SettingsSweep(
    DemoFolder folder,
    EvaluationPlan plan,
    AutoencoderRoundTrip roundTrip,
    IEditor editor
)
{
    /// <summary>Evaluates a task with each of the settings.</summary>
    /// <returns>What each gave, the best first by the task's first figure.</returns>
    public IReadOnlyList<SweepResult> Run(
        string task,
        IReadOnlyList<EditSettings> settings,
        Action<int> onSteps,
        CancellationToken cancellationToken
    )
    {
        EvaluatedPair[] pairs = [.. new EvaluationPairs(folder, plan).Of(task)];
        var bootstrap = new Bootstrap(plan.Seed);
        var results = new List<SweepResult>();
        foreach (EditSettings tried in settings)
        {
            var evaluation = new TaskEvaluation(roundTrip, editor, bootstrap);
            TaskReport report = evaluation.Run(task, pairs, tried, onSteps, cancellationToken);
            results.Add(new SweepResult(tried, report.Figures[0]));
        }
        return [.. results.OrderByDescending(result => result.Figure.Model?.Value ?? double.NegativeInfinity)];
    }

    /// <summary>Every combination of values.</summary>
    /// <param name="settings">What is not varied.</param>
    /// <param name="steps">Step counts; empty to keep it.</param>
    /// <param name="textScales">Values of s_T; empty to keep it.</param>
    /// <param name="imageScales">Values of s_I; empty to keep it.</param>
    public static IReadOnlyList<EditSettings> GridOf(
        EditSettings settings,
        IReadOnlyList<int> steps,
        IReadOnlyList<double> textScales,
        IReadOnlyList<double> imageScales
    ) =>
        [
            .. from count in steps.DefaultIfEmpty(settings.Steps)
            from text in textScales.DefaultIfEmpty(settings.TextScale)
            from image in imageScales.DefaultIfEmpty(settings.ImageScale)
            select settings with
            {
                Steps = count,
                TextScale = text,
                ImageScale = image,
            },
        ];
}
