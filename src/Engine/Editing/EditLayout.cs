using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Editing;

/// <summary>What follows from a request and the model's configuration alone: canvas, model calls, guidance. No tensors.</summary>
internal sealed class EditLayout(EditModel model, EditPipelineOptions options)
{
    /// <summary>The model's canvas for a picture of this size.</summary>
    /// <exception cref="InvalidEditException">There is none for this request.</exception>
    public ImageSize CanvasOf(EditRequest request, ImageSize source)
    {
        WorkingSize wanted = request.WorkingSize ?? model.Description.DefaultWorkingSize;
        return wanted.Exact is { } exact ? Checked(exact) : wanted.For(source, options.WorkingSizeLimits);
    }

    /// <summary>The request's sampler, owned by the caller; how many calls it takes stands in it.</summary>
    /// <exception cref="InvalidEditException">Too many steps for this sampler.</exception>
    public Sampler CreateSampler(EditRequest request)
    {
        int most = SamplerFactory.MaxSteps(request.Sampler, model.NoiseSchedule);
        if (request.Steps > most)
        {
            throw new InvalidEditException("steps", $"must be at most {most} with this sampler, got {request.Steps}");
        }
        return SamplerFactory.Create(request.Sampler, model.NoiseSchedule, request.Steps, request.Eta);
    }

    /// <summary>Which branches each step evaluates.</summary>
    public GuidancePlan GuidanceOf(EditRequest request) =>
        GuidancePlan.Create(model.Description.Family, request.TextGuidanceScale, request.ImageGuidanceScale);

    private ImageSize Checked(ImageSize exact)
    {
        int multiple = model.Autoencoder.Config.DownsamplingFactor;
        int least = WorkingSizeRules.Multiple;
        if (exact.Width < least || exact.Height < least || exact.Width % multiple + exact.Height % multiple > 0)
        {
            throw Invalid($"sides must be multiples of {multiple} and at least {least}, got {exact}");
        }
        long most = options.WorkingSizeLimits.MaxPixels;
        return exact.PixelCount <= most ? exact : throw Invalid($"may have at most {most} pixels, got {exact}");
    }

    private static InvalidEditException Invalid(string reason) => new("size", reason);
}
