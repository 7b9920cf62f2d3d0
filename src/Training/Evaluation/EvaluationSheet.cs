using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Pictures of a task: source, answer, target, and where answers are read out, what was read.</summary>
internal static class EvaluationSheet
{
    private const int PairsPerRow = 2;
    private const int WantedSide = 128;

    /// <summary>Draws a sheet, two pairs a row.</summary>
    /// <param name="task">Whose.</param>
    /// <param name="examples">At least one.</param>
    public static RgbImage Draw(string task, IReadOnlyList<JudgedPair> examples)
    {
        bool isReadOut = ReadOutPicture.Has(task);
        var cells = new List<RgbImage>();
        foreach (JudgedPair judged in examples)
        {
            cells.AddRange([judged.Pair.Truth.Source, judged.Answer, judged.Pair.Truth.Target]);
            if (isReadOut)
            {
                cells.Add(ReadOutPicture.Draw(judged));
            }
        }
        int scale = Math.Max(1, WantedSide / examples[0].Answer.Width);
        return ImageGrid.Tile(cells, (isReadOut ? 4 : 3) * PairsPerRow, gap: 2, scale);
    }
}
