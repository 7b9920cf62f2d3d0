using System.Globalization;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A figure that the paper states.</summary>
/// <param name="Method">Whose.</param>
/// <param name="Value">In the figure's unit.</param>
internal sealed record PaperFigure(string Method, double Value)
{
    /// <summary>Several in one cell of a table.</summary>
    public static string List(IReadOnlyList<PaperFigure> figures) =>
        figures.Count == 0
            ? "–"
            : string.Join(
                ", ",
                figures.Select(figure =>
                    string.Create(CultureInfo.InvariantCulture, $"{figure.Method} {figure.Value:0.00}")
                )
            );
}
