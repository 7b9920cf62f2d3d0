using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Evaluates one task: the model, doing nothing, and the autoencoder alone, on the same pairs.</summary>
/// <param name="roundTrip">The model's autoencoder.</param>
/// <param name="editor">The model; null to look at the autoencoder alone.</param>
/// <param name="bootstrap">Makes the intervals.</param>
internal sealed class TaskEvaluation(AutoencoderRoundTrip roundTrip, IEditor? editor, Bootstrap bootstrap)
{
    /// <summary>Pairs kept for a sheet.</summary>
    public const int Kept = 12;

    // Pictures in memory at once; how many share a step is the editor's affair.
    private const int Portion = 16;

    private readonly List<JudgedPair> _kept = [];
    private readonly List<Measurement> _autoencoder = [];

    /// <summary>The first pairs with their answers.</summary>
    public IReadOnlyList<JudgedPair> Examples => _kept;

    /// <summary>PSNR of each source after a round trip.</summary>
    public IReadOnlyList<Measurement> Autoencoder => _autoencoder;

    /// <summary>Evaluates.</summary>
    /// <param name="task">Whose pairs they are.</param>
    /// <param name="pairs">At least one.</param>
    /// <param name="settings">How to edit; null without an editor.</param>
    /// <param name="onWork">Told of work done: denoising steps, or pairs without an editor.</param>
    /// <param name="cancellationToken">Looked at between steps and pairs.</param>
    public TaskReport Run(
        string task,
        IEnumerable<EvaluatedPair> pairs,
        EditSettings? settings,
        Action<int> onWork,
        CancellationToken cancellationToken
    )
    {
        var model = new List<Measurement[]>();
        var identity = new List<Measurement[]>();
        var ceiling = new List<Measurement[]>();
        int notFinite = 0;
        foreach (EvaluatedPair[] portion in pairs.Chunk(Portion))
        {
            IReadOnlyList<RgbImage?>? answers = editor?.Edit(
                [.. portion.Select(pair => RequestFor(pair, settings!))],
                onWork,
                cancellationToken
            );
            for (int i = 0; i < portion.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                EvaluatedPair pair = portion[i];
                RgbImage before = roundTrip.Run(pair.Truth.Source);
                RgbImage target = roundTrip.Run(pair.Truth.Target);
                identity.Add(PictureMeasure.Of(pair.Truth, before, pair.Truth.Source));
                ceiling.Add(PictureMeasure.Of(pair.Truth, before, target));
                _autoencoder.Add(Measurement.Of(PictureNoise.Psnr(pair.Truth.Source, before)));
                RgbImage answer = target;
                if (answers is null)
                {
                    onWork(1);
                }
                else
                {
                    notFinite += answers[i] is null ? 1 : 0;
                    answer = answers[i] ?? Grey(pair.Truth.Source);
                    model.Add(PictureMeasure.Of(pair.Truth, before, answer));
                }
                if (_kept.Count < Kept)
                {
                    _kept.Add(new JudgedPair(pair, before, answer));
                }
            }
        }
        return new TaskReport
        {
            Task = task,
            Pairs = identity.Count,
            Settings = settings,
            NotFinite = notFinite,
            Figures =
            [
                .. FigureKind
                    .Of(task)
                    .Select(
                        (kind, i) =>
                            FigureReport.Of(
                                kind,
                                new FigureRows(
                                    editor is null ? null : Column(model, i),
                                    Column(identity, i),
                                    Column(ceiling, i)
                                ),
                                bootstrap
                            )
                    ),
            ],
        };
    }

    private static EditRequest RequestFor(EvaluatedPair pair, EditSettings settings) =>
        new()
        {
            Image = pair.Truth.Source,
            Instruction = pair.Instruction,
            Seed = pair.Seed,
            Steps = settings.Steps,
            TextGuidanceScale = settings.TextScale,
            ImageGuidanceScale = settings.ImageScale,
            Sampler = SamplerNames.ByName[settings.Sampler],
            WorkingSize = WorkingSize.Of(new ImageSize(pair.Truth.Source.Width, pair.Truth.Source.Height)),
        };

    private static Measurement[] Column(List<Measurement[]> rows, int index) => [.. rows.Select(row => row[index])];

    private static RgbImage Grey(RgbImage like) =>
        new(like.Width, like.Height, [.. Enumerable.Repeat((byte)128, like.Pixels.Length)]);
}
