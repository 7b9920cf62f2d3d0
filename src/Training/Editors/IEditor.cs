using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Editors;

/// <summary>Something that edits pictures: a model in this process, or a server.</summary>
internal interface IEditor
{
    /// <summary>Makes edits.</summary>
    /// <param name="requests">All of one working size.</param>
    /// <param name="onSteps">
    /// Told, as the work goes on, of how many denoising steps more are done, summed over the edits. Evaluations beyond the steps asked
    /// for do not count.
    /// </param>
    /// <param name="cancellationToken">Ends the work between steps or requests.</param>
    /// <returns>A picture for each request; null where the model gave values that are not finite.</returns>
    /// <exception cref="InvalidEditException">The model cannot do a request.</exception>
    IReadOnlyList<RgbImage?> Edit(
        IReadOnlyList<EditRequest> requests,
        Action<int> onSteps,
        CancellationToken cancellationToken
    );
}
