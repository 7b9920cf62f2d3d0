using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>What a job will take of the engine, asked when it is accepted: what cannot be done at all is refused there.</summary>
internal sealed class JobCost(EditQueue queue)
{
    /// <summary>Steps times rows times canvas pixels of all edits of a job.</summary>
    /// <exception cref="TooLargeForMemoryException">One never fits into the device's memory.</exception>
    /// <exception cref="QuarantinedException">One broke the engine before.</exception>
    public double Of(IEnumerable<EditRequest> edits)
    {
        double cost = 0;
        foreach (EditRequest edit in edits)
        {
            var source = new ImageSize(edit.Image.Width, edit.Image.Height);
            EditEstimate estimate = queue.Estimate(edit, source, new EditTicketOptions());
            if (estimate.Refusal is TooLargeForMemoryException or QuarantinedException)
            {
                throw estimate.Refusal;
            }
            cost += (double)estimate.Shape.Steps * estimate.Shape.StepPixels;
        }
        return cost;
    }
}
