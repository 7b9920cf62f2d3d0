using InstructDiffusion.Cli.Edit;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Cli;

/// <summary>Opens the model an edit runs on.</summary>
internal static class ModelOpening
{
    /// <exception cref="NotSupportedException">Always, until the engine's loader is part of this build.</exception>
    public static LoadedModel Open(ModelOptions options) =>
        throw new NotSupportedException($"This build cannot load models yet: {options.Path}");
}
