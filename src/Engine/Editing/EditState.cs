using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// One edit in flight, between <see cref="IEditPipeline.Prepare(EditRequest)"/> and <see cref="IEditPipeline.Finish"/>. Owns its tensors;
/// whoever prepared it disposes it.
/// </summary>
public abstract class EditState : IDisposable
{
    /// <summary>What was asked.</summary>
    public required EditRequest Request { get; init; }

    /// <summary>Size of the model's canvas in pixels; only states of equal size can share a step.</summary>
    public required ImageSize WorkingSize { get; init; }

    /// <summary>Model evaluations this edit needs in all (may exceed the requested steps for multistep samplers).</summary>
    public required int StepCount { get; init; }

    /// <summary>UNet rows of this edit in each step: 1, 2 or 3 after pruning of guidance branches.</summary>
    public required int Rows { get; init; }

    /// <summary>Steps done so far; <see cref="IEditPipeline.Step"/> adds one.</summary>
    public int StepIndex { get; protected set; }

    /// <summary>True when every step is done.</summary>
    public bool IsDenoised => StepIndex >= StepCount;

    /// <summary>Frees the tensors; safe to call twice.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the subclass owns.</summary>
    protected abstract void Dispose(bool disposing);
}
