using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// One small edit before the first user's: libraries initialise, a model that cannot work is found, and the cost model gets
/// its first measurements, at half of the usual resolution, from where to scale.
/// </summary>
internal static class WarmUp
{
    private const int Steps = 2;

    /// <summary>Runs it.</summary>
    public static void Run(IEditPipeline pipeline, ModelDescription model, CostModel costs, TimeProvider time)
    {
        EditRequest request = Request(Math.Max(Smallest, model.DefaultResolution / 2 / Smallest * Smallest));
        try
        {
            pipeline.Measure(request, SizeOf(request));
        }
        catch (InvalidEditException)
        {
            request = Request(Smallest); // the settings allow only smaller canvases
        }
        TimeSpan start = time.SinceStart();
        using EditState state = pipeline.Prepare(request);
        var shape = new EditShape(state.WorkingSize, state.Rows, state.StepCount);
        costs.Prepared([shape], time.SinceStart() - start);
        while (!state.IsDenoised)
        {
            start = time.SinceStart();
            pipeline.Step([state]);
            // The first step also pays for what is made once.
            if (state.StepIndex > 1 || state.IsDenoised)
            {
                costs.Stepped([shape], time.SinceStart() - start);
            }
        }
        pipeline.Preview(state);
        start = time.SinceStart();
        pipeline.Finish(state);
        costs.Finished(shape, pictures: 1, time.SinceStart() - start);
    }

    private static int Smallest => WorkingSizeRules.Multiple;

    private static EditRequest Request(int side) =>
        new()
        {
            Image = new RgbImage(side, side, [.. Enumerable.Repeat((byte)128, side * side * RgbImage.Channels)]),
            Instruction = "warm up",
            Steps = Steps,
            WorkingSize = WorkingSize.Of(new ImageSize(side, side)),
        };

    private static ImageSize SizeOf(EditRequest request) => new(request.Image.Width, request.Image.Height);
}
