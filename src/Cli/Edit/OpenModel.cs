using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Cli.Edit;

/// <summary>Opens a model: <see cref="ModelLoader.Open"/>, or a stand-in in tests.</summary>
internal delegate LoadedModel OpenModel(ModelLoadOptions options, CancellationToken cancellationToken);
