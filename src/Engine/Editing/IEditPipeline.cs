namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// The three calls that make an edit. Library, command line and server use the same ones; the seam exists so that batching
/// and the server can be tested without a model. Not thread-safe: one thread per device calls it.
/// </summary>
public interface IEditPipeline
{
    /// <summary>Encodes picture and instruction, draws the noise, lays out the steps.</summary>
    /// <exception cref="InvalidEditException">The request cannot be done by this model.</exception>
    EditState Prepare(EditRequest request);

    /// <summary>One denoising step for every state of the batch, in one UNet call. All have the same working size and are not yet denoised.</summary>
    void Step(IReadOnlyList<EditState> batch);

    /// <summary>Decodes a denoised state. Does not dispose it.</summary>
    /// <exception cref="NonFiniteImageException">The decoded picture holds NaN or infinity.</exception>
    EditResult Finish(EditState state);
}
