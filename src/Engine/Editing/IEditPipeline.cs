using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// The calls that make an edit: prepare, step, finish. Library, command line and server use the same ones; the seam exists so
/// that batching and the server can be tested without a model. Not thread-safe: one thread per device calls it, except
/// <see cref="Measure"/>.
/// </summary>
public interface IEditPipeline
{
    /// <summary>How much work a request is, without doing any. Quick, touches no tensor; any thread may call it.</summary>
    /// <param name="request">What to do; its picture is not looked at.</param>
    /// <param name="source">Size of the source picture.</param>
    /// <exception cref="InvalidEditException">The request cannot be done by this model.</exception>
    EditShape Measure(EditRequest request, ImageSize source);

    /// <summary>
    /// Encodes pictures and instructions, draws the noise, lays out the steps; several requests share the model's passes.
    /// An exception means that none is prepared.
    /// </summary>
    /// <returns>One state for each request, in their order, owned by the caller.</returns>
    /// <exception cref="InvalidEditException">A request cannot be done by this model.</exception>
    IReadOnlyList<EditState> Prepare(IReadOnlyList<EditRequest> requests);

    /// <summary>As <see cref="Prepare(IReadOnlyList{EditRequest})"/>, of one request.</summary>
    /// <exception cref="InvalidEditException">The request cannot be done by this model.</exception>
    EditState Prepare(EditRequest request) => Prepare([request])[0];

    /// <summary>One denoising step for every state of the batch, in one UNet call. All have the same working size and are not yet denoised.</summary>
    void Step(IReadOnlyList<EditState> batch);

    /// <summary>A small picture of what the edit looks like so far, made without the image decoder. At least one step was taken.</summary>
    RgbImage Preview(EditState state);

    /// <summary>
    /// Decodes a state. One that is not denoised, but has taken a step, gives the model's estimate of the end
    /// (<see cref="EditFinish.Deadline"/>). Does not dispose it.
    /// </summary>
    /// <exception cref="NonFiniteImageException">The decoded picture holds NaN or infinity.</exception>
    EditResult Finish(EditState state);
}
