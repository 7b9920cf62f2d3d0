using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>One run of a job: what its operation passes on to the engine.</summary>
/// <param name="model">The model that is served.</param>
/// <param name="options">Priority, caller and time limit.</param>
/// <param name="report">Told of progress, and of previews; on the engine's thread, and must not throw.</param>
internal sealed class JobRun(ModelDescription model, EditTicketOptions options, Action<JobStep>? report = null)
{
    // A preview is a small picture; about this many are made of a run unless the request says otherwise.
    private const int Previews = 8;

    private readonly Lock _lock = new();
    private int[] _steps = [];
    private int[] _of = [];

    /// <summary>The model that is served.</summary>
    public ModelDescription Model { get; } = model;

    /// <summary>How the one edit of the run wants to be served.</summary>
    /// <param name="previewEvery">Steps between two previews; null for a few of them.</param>
    /// <param name="steps">Steps of the edit.</param>
    public EditTicketOptions Options(int steps, int? previewEvery = null) => Part(0, 1, steps, previewEvery);

    /// <summary>How one of several edits wants to be served; their steps are added up.</summary>
    /// <param name="index">Which, 0….</param>
    /// <param name="count">How many there are.</param>
    /// <param name="previewEvery">Steps between two previews; null for a few of them.</param>
    /// <param name="steps">Steps of the edit.</param>
    public EditTicketOptions Part(int index, int count, int steps, int? previewEvery = null)
    {
        lock (_lock)
        {
            if (_of.Length != count)
            {
                _steps = new int[count];
                _of = new int[count];
            }
            _of[index] = steps;
        }
        return options with
        {
            PreviewEvery = previewEvery ?? Math.Max(1, steps / Previews),
            OnProgress = progress => Report(index, progress, preview: null),
            OnPreview = (progress, preview) => Report(index, progress, preview),
        };
    }

    private void Report(int index, EditProgress progress, RgbImage? preview)
    {
        JobStep step;
        lock (_lock)
        {
            _steps[index] = progress.Step;
            _of[index] = progress.Of;
            step = new JobStep(_steps.Sum(), _of.Sum(), index, preview);
        }
        report?.Invoke(step);
    }
}

/// <summary>How far a run has come.</summary>
/// <param name="Step">Steps done, of all its edits.</param>
/// <param name="Of">Steps in all.</param>
/// <param name="Index">The edit that took the step, 0….</param>
/// <param name="Preview">What that edit looks like so far, small; null when there is only the step to tell.</param>
internal sealed record JobStep(int Step, int Of, int Index, RgbImage? Preview);
