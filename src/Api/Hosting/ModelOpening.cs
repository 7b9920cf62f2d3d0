using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Hosting;

/// <summary>From settings to the model that is served.</summary>
internal static class ModelOpening
{
    /// <summary>How the engine's thread will load the configured model.</summary>
    public static LoadModel For(ModelOptions options) =>
        _ =>
            throw new NotSupportedException(
                $"This build cannot load a model (Engine:Path is '{options.Path}', Engine:Device '{options.Device}')."
            );
}
