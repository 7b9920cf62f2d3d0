using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>One piece of work that the engine did.</summary>
/// <param name="Stage">What it was.</param>
/// <param name="Size">The canvas; of the first edit, where edits of several sizes were prepared together.</param>
/// <param name="Edits">Edits that took part.</param>
/// <param name="Rows">UNet rows of a step; 0 for other stages.</param>
/// <param name="Time">How long it took.</param>
public readonly record struct StageSample(EngineStage Stage, ImageSize Size, int Edits, int Rows, TimeSpan Time);
