using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Api.Hosting;

/// <summary>From settings to the model that is served.</summary>
internal static class ModelOpening
{
    /// <summary>How the engine's thread will load the configured model.</summary>
    public static LoadModel For(ModelOptions model, LimitsOptions limits, CacheOptions cache)
    {
        var options = new ModelLoadOptions
        {
            Path = model.Path,
            BasePath = model.BasePath,
            Device = model.Device,
            Precision = Enum.Parse<Precision>(model.Precision, ignoreCase: true),
            Family = model.Family,
            Threads = model.Threads,
            PlainKernels = model.PlainKernels,
            Pipeline = new EditPipelineOptions
            {
                WorkingSizeLimits = new() { MaxPixels = limits.MaxCanvasPixels },
                MaxWholePixels = limits.MaxWholePixels,
                TextCacheBytes = cache.TextBytes,
                SourceCacheBytes = cache.SourceBytes,
            },
        };
        return cancellationToken => ModelLoader.Open(options, cancellationToken);
    }
}
