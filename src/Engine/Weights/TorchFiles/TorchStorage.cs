using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>A stretch of memory that a torch file names: several tensors may lie in one.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="DType">Element type; null for one that we do not read, such as quantised or complex numbers.</param>
/// <param name="RootCount">Elements of the whole storage.</param>
/// <param name="Start">First element of this view of it.</param>
/// <param name="Count">Elements of this view.</param>
internal sealed record TorchStorage(string Key, ScalarType? DType, long RootCount, long Start, long Count);
