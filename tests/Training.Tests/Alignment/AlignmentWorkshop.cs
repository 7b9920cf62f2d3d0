using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Alignment;

/// <summary>A folder with pictures, a list of items and, when asked, candidates painted by the fake pipeline.</summary>
internal sealed class AlignmentWorkshop : IDisposable
{
    public const int Side = 16;

    private readonly TempFolder _folder = new();

    public AlignmentWorkshop(int items = 3)
    {
        for (int i = 0; i < items; i++)
        {
            Write($"{i}.png", TestImages.Photo(Side, Side, seed: i));
            Write($"{i}-target.png", TestImages.Plain(Side, Side, 10, 200, (byte)(10 * i)));
        }
        WriteItems([.. Enumerable.Range(0, items).Select(Line)]);
        Folder = new CandidateFolder(PathOf("made"));
    }

    public string Root => _folder.Path;

    public CandidateFolder Folder { get; }

    public FakeEditPipeline Pipeline { get; } = new();

    public StringWriter Log { get; } = new();

    public static CandidateModel Model { get; } = new("fake", new string('a', 64));

    public static CandidateGrid Grid { get; } =
        new()
        {
            TextScales = [3, 5],
            ImageScales = [1, 1.5],
            Steps = 2,
            Sampler = "ddim",
            Resolution = 64,
        };

    public static string Line(int i) =>
        $$"""{"id": "item-{{i}}", "image": "{{i}}.png", "instruction": "do {{i}}", "target": "{{i}}-target.png"}""";

    public string PathOf(string name) => _folder.Of(name);

    public void WriteItems(params string[] lines) => File.WriteAllLines(PathOf("items.jsonl"), lines, Encoding.UTF8);

    public void Write(string name, RgbImage image) =>
        File.WriteAllBytes(PathOf(name), ImageCodec.Encode(image, ImageFileFormat.Png));

    /// <summary>Makes the candidates that are missing.</summary>
    public int Paint(
        CandidateGrid? grid = null,
        CandidateModel? model = null,
        CancellationToken cancellationToken = default
    )
    {
        var run = new CandidateRun(
            Folder,
            new AlignmentItemFile(Root),
            grid ?? Grid,
            new PipelineEditor(Pipeline, batchSize: 3),
            WorkingSizeRule.CommandLine
        );
        return run.Run(
            model ?? Model,
            new ProgressLine(Log, terminal: null, TimeProvider.System, TimeSpan.FromHours(1)),
            cancellationToken
        );
    }

    /// <summary>Candidates that a picture-blind test can tell apart: item-0's first is exactly right, the rest as painted.</summary>
    public void MakeRight(string item, string file) =>
        File.Copy(Folder.FileOf(item, CandidateFolder.TargetFile), Folder.FileOf(item, file), overwrite: true);

    public AnswerBook AnswerAs(string person, params (string Item, string[] Chosen)[] answers)
    {
        AnswerBook book = AnswerBook.Open(Folder, Picker.Person(person));
        foreach ((string item, string[] chosen) in answers)
        {
            book.Record(new Answer { Item = item, Chosen = chosen });
        }
        return book;
    }

    public void Dispose() => _folder.Dispose();
}
