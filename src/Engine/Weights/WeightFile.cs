namespace InstructDiffusion.Engine.Weights;

/// <summary>A file that weights are loaded from.</summary>
/// <param name="Name">With the folder of its component in a model folder, e.g. <c>unet/model.safetensors</c>; the bare name of a single file.</param>
/// <param name="Paths">Where it lies; several paths for a split download, in order.</param>
public sealed record WeightFile(string Name, IReadOnlyList<string> Paths);
