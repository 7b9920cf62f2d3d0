using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// Edits by category (the paper's table 5), of a benchmark of the user's own, as the authors' is not released: CLIP-Sim is a hundred times
/// the cosine of the answer and the caption of what was asked for, AP the aesthetic score. As answers that change nothing can
/// score well, the likeness to the source and the mean change are told beside them.
/// </summary>
internal sealed class EditingProtocol : IProtocol
{
    private const int Version = 1;

    private readonly EditBenchmark _benchmark;
    private readonly string _category;
    private readonly IReadOnlyList<EditQuestion> _questions;
    private readonly SamplePictures _pictures = new(upright: true);
    private readonly EditScores _scores;
    private readonly int _resolution;

    /// <param name="benchmark">The questions.</param>
    /// <param name="category">Of those that are asked.</param>
    /// <param name="scores">The measures.</param>
    /// <param name="resolution">Of the canvas.</param>
    public EditingProtocol(EditBenchmark benchmark, string category, EditScores scores, int resolution)
    {
        _benchmark = benchmark;
        _category = category;
        _questions =
        [
            .. benchmark.Questions.Where(question =>
                string.Equals(question.Category, category, StringComparison.Ordinal)
            ),
        ];
        _scores = scores;
        _resolution = resolution;
    }

    /// <inheritdoc/>
    public string Task => TaskNames.Editing;

    /// <inheritdoc/>
    public string Fingerprint => $"{Version}-{_category}-{_benchmark.Hash}";

    /// <inheritdoc/>
    public int Count => _questions.Count;

    /// <inheritdoc/>
    public string PictureOf(int index) => _questions[index].Source!;

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        EditQuestion question = _questions[index];
        RgbImage picture = _pictures.Read(_benchmark.Root, question.Source!);
        ImageSize canvas = PictureFraming.CanvasOf(picture.Width, picture.Height, _resolution);
        RgbImage? target = question.Target is null ? null : _pictures.Read(_benchmark.Root, question.Target);
        return new ProtocolItem([
            new ProtocolPart(
                PictureFraming.OnCanvas(picture, canvas),
                target is null ? null : PictureFraming.OnCanvas(target, canvas),
                question.Instruction!
            ),
        ]);
    }

    /// <inheritdoc/>
    /// <returns>CLIP-Sim, likeness to the source, aesthetic score (NaN without a predictor), mean change.</returns>
    public double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers) =>
        _scores.Of(item.Parts[0].Source, answers[0].Picture, _questions[index].TargetCaption!);

    /// <inheritdoc/>
    public RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer) => null;

    /// <inheritdoc/>
    public IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items)
    {
        var figures = new List<ProtocolFigure>
        {
            ProtocolFigure.Mean(FigureKind.ClipSim, items.Count, column: 0),
            ProtocolFigure.Mean(FigureKind.ClipImage, items.Count, column: 1),
            ProtocolFigure.Mean(FigureKind.MeanChange, items.Count, column: 3),
        };
        if (_scores.HasAesthetics)
        {
            figures.Insert(1, ProtocolFigure.Mean(FigureKind.Aesthetic, items.Count, column: 2));
        }
        return figures;
    }
}
