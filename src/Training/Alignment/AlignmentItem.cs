using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Alignment;

/// <summary>A picture and what shall be done with it: what candidates are made for.</summary>
/// <param name="Id">Its name, see <see cref="ItemId"/>.</param>
/// <param name="Source">The picture.</param>
/// <param name="Instruction">What to do.</param>
/// <param name="Target">The right answer where it is known, as large as the source.</param>
/// <param name="Task">Kind of task, for curves and figures by task.</param>
internal sealed record AlignmentItem(string Id, RgbImage Source, string Instruction, RgbImage? Target, string Task);
