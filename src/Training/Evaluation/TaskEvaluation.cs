using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// Evaluates one task: the model, doing nothing, and the autoencoder alone, on the same pairs. What is found goes into a journal pair by
/// pair, and what is there already is not asked for again.
/// </summary>
/// <param name="pairs">Of the task.</param>
/// <param name="roundTrip">The model's autoencoder.</param>
/// <param name="editor">The model; null to look at the autoencoder alone.</param>
/// <param name="bootstrap">Makes the intervals.</param>
/// <param name="journal">Holds what was noted; not disposed here.</param>
internal sealed class TaskEvaluation(
    EvaluationPairs pairs,
    AutoencoderRoundTrip roundTrip,
    IEditor? editor,
    Bootstrap bootstrap,
    ItemJournal journal
)
{
    // What does not depend on how edits are made: in a sweep measured with the first settings, and not again.
    private readonly Dictionary<int, ItemNotes> _withoutModel = [];

    /// <summary>Keeps the answers to the first pairs; none unless it is set.</summary>
    public ExampleAnswers Examples { get; init; } = new(folder: null);

    /// <summary>Pairs that are asked for and noted together, at least 1: those that share a step of the model.</summary>
    public int Portion { get; init; } = 1;

    /// <summary>Pairs that need not be asked for any more.</summary>
    /// <param name="settings">As in <see cref="Run"/>.</param>
    public int DoneWith(EditSettings? settings) =>
        Portions().Where(portion => IsDone(settings, portion)).Sum(portion => portion.Length);

    /// <summary>Evaluates.</summary>
    /// <param name="settings">How to edit; null without an editor.</param>
    /// <param name="onWork">Told of work done: denoising steps, or pairs without an editor.</param>
    /// <param name="cancellationToken">Looked at between steps and pairs.</param>
    public TaskReport Run(EditSettings? settings, Action<int> onWork, CancellationToken cancellationToken)
    {
        foreach (int[] portion in Portions())
        {
            if (!IsDone(settings, portion))
            {
                Ask(portion, settings, onWork, cancellationToken);
            }
            foreach (int index in portion)
            {
                _withoutModel.TryAdd(index, Noted(settings, index)!);
            }
        }
        return Summarize(settings, [.. Enumerable.Range(0, pairs.Count).Select(index => Noted(settings, index)!)]);
    }

    /// <summary>PSNR of each source after a round trip, once <see cref="Run"/> has measured it.</summary>
    public IEnumerable<Measurement> Autoencoder =>
        Enumerable.Range(0, pairs.Count).Select(index => Measurement.Of(_withoutModel[index].Autoencoder!.Value));

    private IEnumerable<int[]> Portions() => Enumerable.Range(0, pairs.Count).Chunk(Portion);

    private string KeyOf(EditSettings? settings) => settings is null ? pairs.Task : $"{pairs.Task} {settings.Key}";

    private ItemNotes? Noted(EditSettings? settings, int index) => journal.Find(KeyOf(settings), index);

    // A portion is asked for whole or not at all: pictures that share a step decide on each other's rounding.
    private bool IsDone(EditSettings? settings, int[] portion) =>
        portion.All(index => Noted(settings, index) is not null && Examples.Has(pairs.Task, index));

    private void Ask(int[] portion, EditSettings? settings, Action<int> onWork, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EvaluatedPair[] asked = [.. portion.Select(index => pairs[index])];
        IReadOnlyList<RgbImage?>? answers = editor?.Edit(
            [.. asked.Select((pair, i) => RequestFor(pair, portion[i], settings!))],
            onWork,
            cancellationToken
        );
        for (int i = 0; i < portion.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ItemNotes notes = Judge(portion[i], asked[i], settings, answers is null ? null : [answers[i]]);
            if (Noted(settings, portion[i]) is null)
            {
                journal.Add(notes);
            }
        }
        if (answers is null)
        {
            onWork(portion.Length);
        }
    }

    /// <param name="index">Of the pair.</param>
    /// <param name="pair">It.</param>
    /// <param name="settings">How it was edited.</param>
    /// <param name="answers">One, null where it is no picture; null without an editor.</param>
    private ItemNotes Judge(int index, EvaluatedPair pair, EditSettings? settings, RgbImage?[]? answers)
    {
        RgbImage before = roundTrip.Run(pair.Truth.Source);
        if (!_withoutModel.TryGetValue(index, out ItemNotes? known))
        {
            known = new ItemNotes
            {
                Split = pairs.Task,
                Index = index,
                Identity = Flat(PictureMeasure.Of(pair.Truth, before, pair.Truth.Source)),
                Ceiling = Flat(PictureMeasure.Of(pair.Truth, before, roundTrip.Run(pair.Truth.Target))),
                Autoencoder = PictureNoise.Psnr(pair.Truth.Source, before),
            };
        }
        RgbImage? answer = answers is null ? null : answers[0] ?? Grey(pair.Truth.Source);
        if (Examples.Keeps(index))
        {
            Examples.Write(pairs.Task, index, before, answer ?? roundTrip.Run(pair.Truth.Target));
        }
        return known with
        {
            Split = KeyOf(settings),
            Model = answer is null ? null : Flat(PictureMeasure.Of(pair.Truth, before, answer)),
            NotFinite = answers is [null] ? 1 : 0,
        };
    }

    private TaskReport Summarize(EditSettings? settings, ItemNotes[] notes)
    {
        Measurement[] Column(Func<ItemNotes, double[]> row, int figure) =>
            [.. notes.Select(item => new Measurement(row(item)[2 * figure], row(item)[(2 * figure) + 1]))];
        return new TaskReport
        {
            Task = pairs.Task,
            Pairs = notes.Length,
            Settings = settings,
            NotFinite = notes.Sum(item => item.NotFinite),
            Figures =
            [
                .. FigureKind
                    .Of(pairs.Task)
                    .Select(
                        (kind, i) =>
                            FigureReport.Of(
                                kind,
                                new FigureRows(
                                    editor is null ? null : Column(item => item.Model!, i),
                                    Column(item => item.Identity!, i),
                                    Column(item => item.Ceiling!, i)
                                ),
                                bootstrap
                            )
                    ),
            ],
        };
    }

    private EditRequest RequestFor(EvaluatedPair pair, int index, EditSettings settings) =>
        new()
        {
            Image = pair.Truth.Source,
            Instruction = pair.Instruction,
            Seed = pairs.NoiseSeed(index, settings),
            Steps = settings.Steps,
            TextGuidanceScale = settings.TextScale,
            ImageGuidanceScale = settings.ImageScale,
            Sampler = SamplerNames.ByName[settings.Sampler],
            WorkingSize = WorkingSize.Of(new ImageSize(pair.Truth.Source.Width, pair.Truth.Source.Height)),
        };

    private static double[] Flat(Measurement[] figures) =>
        [.. figures.SelectMany(figure => (double[])[figure.Numerator, figure.Denominator])];

    private static RgbImage Grey(RgbImage like) => PictureParts.Plain(like.Width, like.Height, level: 128);
}
