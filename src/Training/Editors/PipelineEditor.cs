using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Editors;

/// <summary>Edits with a model in this process, several pictures in each step.</summary>
/// <param name="pipeline">The model's three calls; used on the calling thread.</param>
/// <param name="batchSize">Edits in one step, at least 1; each is up to three rows of the UNet.</param>
internal sealed class PipelineEditor(IEditPipeline pipeline, int batchSize) : IEditor
{
    /// <inheritdoc/>
    public IReadOnlyList<RgbImage?> Edit(
        IReadOnlyList<EditRequest> requests,
        Action<int> onSteps,
        CancellationToken cancellationToken
    )
    {
        var pictures = new List<RgbImage?>();
        foreach (EditRequest[] batch in requests.Chunk(batchSize))
        {
            var states = new List<EditState>();
            try
            {
                foreach (EditRequest request in batch)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    states.Add(pipeline.Prepare(request));
                }
                while (states.Where(state => !state.IsDenoised).ToArray() is { Length: > 0 } running)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    pipeline.Step(running);
                    onSteps(running.Count(state => state.StepIndex <= state.Request.Steps));
                }
                pictures.AddRange(states.Select(Finish));
            }
            finally
            {
                states.ForEach(state => state.Dispose());
            }
        }
        return pictures;
    }

    private RgbImage? Finish(EditState state)
    {
        try
        {
            return pipeline.Finish(state).Image;
        }
        catch (NonFiniteImageException)
        {
            return null; // one setting too far is no reason to lose the other nineteen
        }
    }
}
