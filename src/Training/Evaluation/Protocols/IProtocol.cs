using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>How one of the paper's tables is measured on one part of one data set: what is asked, what of an answer is noted, and which
/// figures the notes make.</summary>
internal interface IProtocol
{
    /// <summary>Whose preset says how edits are made: see <see cref="TaskNames"/>.</summary>
    string Task { get; }

    /// <summary>Changes when other questions would be asked, or others be right.</summary>
    string Fingerprint { get; }

    /// <summary>Items, at least 1.</summary>
    int Count { get; }

    /// <summary>One item.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <exception cref="BrokenSampleException">It cannot be read.</exception>
    ProtocolItem Read(int index);

    /// <summary>Items of one picture are resampled together: they are right and wrong together.</summary>
    /// <param name="index">Of the item.</param>
    string PictureOf(int index);

    /// <summary>What is noted of the answers to an item.</summary>
    /// <param name="index">Of the item.</param>
    /// <param name="item">It.</param>
    /// <param name="answers">To each of its parts.</param>
    double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers);

    /// <summary>What was read out of the answer to a part, to look at; null where nothing is.</summary>
    RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer);

    /// <summary>The figures, the most important one first.</summary>
    /// <param name="items">Indices of the items that were measured.</param>
    IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items);
}

/// <summary>A question, or several about one thing.</summary>
/// <param name="Parts">An edit each, all of one size.</param>
internal sealed record ProtocolItem(IReadOnlyList<ProtocolPart> Parts);

/// <summary>One edit.</summary>
/// <param name="Source">Sides are multiples of 64.</param>
/// <param name="Ideal">What a perfect model would paint, of the same size; null where it is not known.</param>
/// <param name="Instruction">What the model is told.</param>
/// <param name="Color">What it is to paint with, if it is.</param>
internal sealed record ProtocolPart(RgbImage Source, RgbImage? Ideal, string Instruction, NamedColor? Color = null);

/// <summary>An answer to a part.</summary>
/// <param name="Before">The source after a round trip through the autoencoder, which read-outs compare with.</param>
/// <param name="Picture">The answer.</param>
internal sealed record ProtocolAnswer(RgbImage Before, RgbImage Picture);

/// <summary>One figure of a protocol.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Items">How many of the items it says something of.</param>
/// <param name="Statistic">
/// Its value from what was noted of some items, by their places in the list of all; NaN where it says nothing of them.
/// </param>
internal sealed record ProtocolFigure(
    FigureKind Kind,
    int Items,
    Func<IReadOnlyList<double[]>, IReadOnlyList<int>, double> Statistic
)
{
    /// <summary>A sum over a sum of what was noted, times a hundred or not.</summary>
    /// <param name="kind">Which figure.</param>
    /// <param name="items">How many items it is about.</param>
    /// <param name="factor">100 for percent.</param>
    /// <param name="terms">Numerator and denominator of an item.</param>
    public static ProtocolFigure Ratio(
        FigureKind kind,
        int items,
        double factor,
        Func<double[], (double Numerator, double Denominator)> terms
    ) =>
        new(
            kind,
            items,
            (noted, chosen) =>
            {
                (double numerator, double denominator) = (0, 0);
                foreach (int item in chosen)
                {
                    (double Numerator, double Denominator) term = terms(noted[item]);
                    numerator += term.Numerator;
                    denominator += term.Denominator;
                }
                return factor * numerator / denominator;
            }
        );

    /// <summary>The mean of one of the numbers noted, over the items where it is one.</summary>
    public static ProtocolFigure Mean(FigureKind kind, int items, int column, double factor = 1) =>
        Ratio(kind, items, factor, noted => double.IsNaN(noted[column]) ? (0, 0) : (noted[column], 1));
}
