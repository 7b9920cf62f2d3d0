using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data;

/// <summary>One training pair: what is given and what is to be painted (specification 3.2.1).</summary>
/// <param name="Source">The picture before; same size as <paramref name="Target"/>.</param>
/// <param name="Target">The picture after.</param>
/// <param name="Instruction">What to do, in words.</param>
/// <param name="Task">Kind of task, e.g. <c>segmentation</c>: for curves and figures by task.</param>
public sealed record EditSample(RgbImage Source, RgbImage Target, string Instruction, string Task);
