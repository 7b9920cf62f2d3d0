using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Alignment;

/// <summary>What candidates are to be made for, in order. Pictures are read one at a time.</summary>
internal interface IAlignmentItems
{
    /// <summary>Every item's name, each once.</summary>
    IReadOnlyList<string> Ids { get; }

    /// <summary>Reads one.</summary>
    /// <param name="index">Place in <see cref="Ids"/>.</param>
    /// <exception cref="BrokenSampleException">Its pictures cannot be used.</exception>
    AlignmentItem Read(int index);
}
