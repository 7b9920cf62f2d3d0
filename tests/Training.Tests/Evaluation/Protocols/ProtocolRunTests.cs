using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

/// <summary>The protocols on the small data sets of the loaders' tests.</summary>
public sealed class ProtocolRunTests : IDisposable
{
    private readonly ProtocolWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData(DataSourceKind.CocoKeypoints, "train2017", "ap", 90)]
    [InlineData(DataSourceKind.Mpii, "train", "pckh_50", 90)]
    [InlineData(DataSourceKind.CrowdPose, "train", "ap", 90)]
    [InlineData(DataSourceKind.Aic, "train", "ap", 20)] // whose σ are less than a pixel here
    public void Keypoints_PerfectAnswers_AreFoundAndNothingIsWithoutThem(
        DataSourceKind kind,
        string split,
        string first,
        double least
    )
    {
        // Joints far enough apart for discs of 64 pixels not to cover one another.
        int joints = kind switch
        {
            DataSourceKind.CocoKeypoints => 17,
            DataSourceKind.Mpii => 16,
            _ => 14,
        };
        LayPeople(kind, joints);
        var protocol = PoseProtocol.Open(_workshop.Opening(kind, split), isAnimals: false, seed: 3);

        ProtocolSection found = _workshop.Evaluate(protocol, new IdealEditor(protocol));

        FigureReport figure = found.Figures[0].Measured;
        Assert.Equal(first, figure.Name);
        Assert.True(figure.Model!.Value > least, $"{figure.Name} of perfect answers: {figure.Model.Value}");
        Assert.Equal(0, figure.Identity!.Value);
        Assert.True(found.Figures.Single(f => f.Measured.Name is "pck_10").Measured.Model!.Value > 90);
        Assert.Equal((2, 0, 0), (found.Items, found.Broken, found.NotFinite));
        int edits = (joints + 4) / 5;
        Assert.All(Enumerable.Range(0, 2), index => Assert.Equal(edits, protocol.Read(index).Parts.Count));
    }

    [Fact]
    public void Referring_PerfectAnswers_CoverAndDoingNothingDoesNot()
    {
        SmallSets.Lay(_workshop.Data, DataSourceKind.RefCoco);
        var protocol = ReferringProtocol.Open(_workshop.Opening(DataSourceKind.RefCoco), seed: 3);

        ProtocolSection found = _workshop.Evaluate(
            protocol,
            new IdealEditor(protocol),
            ProtocolNames.Referring,
            "refcoco"
        );

        Assert.Equal(["ciou", "miou"], found.Figures.Select(figure => figure.Measured.Name));
        Assert.InRange(found.Figures[0].Measured.Model!.Value, 85, 100);
        Assert.Equal(0, found.Figures[0].Measured.Identity!.Value);
        Assert.Equal(2, found.ItemsOfAll);
    }

    [Fact]
    public void Semantic_PerfectAnswers_CoverEveryClass()
    {
        SmallSets.Lay(_workshop.Data, DataSourceKind.CocoStuff);
        byte[] pixels = new byte[96 * 72 * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(
                i / 3 % 96 < 40 ? 17
                : i / 3 / 96 < 40 ? 3
                : 255
            );
        }
        _workshop.Data.Write(
            "annotations/train2017/1.png",
            TestImageFiles.Grey(new RgbImage(96, 72, pixels), ImageFileFormat.Png)
        );
        var protocol = SemanticProtocol.Open(_workshop.Opening(DataSourceKind.CocoStuff, "train2017"), seed: 3);

        ProtocolSection found = _workshop.Evaluate(
            protocol,
            new IdealEditor(protocol),
            ProtocolNames.Semantic,
            "coco_stuff"
        );

        Assert.Equal(2, protocol.Read(0).Parts.Count);
        Assert.Equal("mciou", found.Figures[0].Measured.Name);
        Assert.InRange(found.Figures[0].Measured.Model!.Value, 85, 100);
        Assert.Equal(0, found.Figures[0].Measured.Identity!.Value);
    }

    [Theory]
    [InlineData(DataSourceKind.GoPro, "deblur")]
    [InlineData(DataSourceKind.Reds, "deblur")]
    [InlineData(DataSourceKind.Sidd, "denoise")]
    [InlineData(DataSourceKind.Clwd, "watermark")]
    public void Restoration_PerfectAnswers_AreMeasuredAtTheirOwnSize(DataSourceKind kind, string task)
    {
        SmallSets.Lay(_workshop.Data, kind);
        var protocol = RestorationProtocol.Open(_workshop.Opening(kind), perceptual: null, seed: 3);
        var editor = new IdealEditor(protocol);

        ProtocolSection found = _workshop.Evaluate(
            protocol,
            editor,
            ProtocolNames.Restoration,
            DataSourceKinds.NameOf(kind)
        );

        Assert.Equal(task, protocol.Task);
        Assert.Equal(60, found.Figures[0].Measured.Model!.Value);
        Assert.Equal(1, found.Figures[1].Measured.Model!.Value, 1e-9);
        // CLWD's small set has the same picture before and after.
        Assert.Equal(kind == DataSourceKind.Clwd, found.Figures[0].Measured.Identity!.Value == 60);
        Assert.InRange(found.Figures[0].Measured.Ceiling!.Value, 34, 40); // levels are 0 to 7 too low
        Assert.All(editor.Requests, request => Assert.Equal((128, 128), (request.Image.Width, request.Image.Height)));
        Assert.Equal(kind == DataSourceKind.Reds, found.Figures[0].Paper.Count == 0);
    }

    [Fact]
    public void Run_InterruptedAndBroken_GoesOnAndGivesTheSame()
    {
        SmallSets.Lay(_workshop.Data, DataSourceKind.GoPro);
        for (int i = 3; i <= 20; i++)
        {
            string name = i.ToString("D2", CultureInfo.InvariantCulture);
            _workshop.Data.Picture($"train/input/{name}.png", TestImages.Photo(64, 64, i));
            _workshop.Data.Picture($"train/target/{name}.png", TestImages.Photo(64, 64, i + 1));
        }
        _workshop.Data.Write("train/input/05.png", "no picture");
        var protocol = RestorationProtocol.Open(_workshop.Opening(DataSourceKind.GoPro), perceptual: null, seed: 3);
        ProtocolSection whole = _workshop.Evaluate(protocol, new IdealEditor(protocol, doesNothing: true));
        string[] lines = File.ReadAllLines(_workshop.Journal);
        File.Delete(_workshop.Journal);

        Assert.Throws<OperationCanceledException>(() =>
            _workshop.Evaluate(protocol, new IdealEditor(protocol, doesNothing: true, most: 10))
        );
        int noted = File.ReadAllLines(_workshop.Journal).Length;
        File.AppendAllText(_workshop.Journal, "{\"split\":\"train\",\"ind"); // killed in the middle of a line
        var rest = new IdealEditor(protocol, doesNothing: true);
        ProtocolSection resumed = _workshop.Evaluate(protocol, rest);

        Assert.Equal(1 + 10 + 1, noted); // the plan, ten answers and what cannot be read
        Assert.Equal(lines, File.ReadAllLines(_workshop.Journal));
        Assert.Equal(lines.Length - noted, rest.Requests.Count);
        Assert.Equal(1, resumed.Broken);
        Assert.Equal(
            whole.Figures.Select(figure => figure.Measured),
            resumed.Figures.Select(figure => figure.Measured)
        );
    }

    [Fact]
    public void Open_JournalOfAnotherPlan_IsRefused()
    {
        using (ItemJournal.Open(_workshop.Journal, "this"))
        {
            // begun
        }

        var error = Assert.Throws<EvaluationException>(() => ItemJournal.Open(_workshop.Journal, "that"));
        Assert.Contains("begun for something else", error.Message, StringComparison.Ordinal);
    }

    private void LayPeople(DataSourceKind kind, int joints)
    {
        SmallSets.Lay(_workshop.Data, kind);
        string keypoints = string.Join(',', Enumerable.Range(0, joints).Select(i => $"{Place(i).X},{Place(i).Y},2"));
        string Person(int image) =>
            $$"""{"id": {{image}}, "image_id": {{image}}, "category_id": 1, "iscrowd": 0, "area": 3000, "bbox": [0, 0, 90, 70], "keypoints": [{{keypoints}}]}""";
        string Image(int id) => $$"""{"id": {{id}}, "file_name": "{{id}}.jpg", "width": 96, "height": 72}""";
        string people =
            $$"""{"images": [{{Image(1)}}, {{Image(2)}}], "annotations": [{{Person(1)}}, {{Person(2)}}], "categories": [{"id": 1}]}""";
        string places = string.Join(
            ',',
            Enumerable.Range(0, joints).Select(i => $"[{Place(i).X + 1},{Place(i).Y + 1}]")
        );
        string visible = string.Join(',', Enumerable.Repeat(1, joints));
        string Mpii(int image) =>
            $$"""{"image": "{{image}}.jpg", "center": [46, 30], "scale": 0.4, "joints": [{{places}}], "joints_vis": [{{visible}}]}""";
        switch (kind)
        {
            case DataSourceKind.CocoKeypoints:
                _workshop.Data.Write("annotations/person_keypoints_train2017.json", people);
                break;
            case DataSourceKind.CrowdPose:
                _workshop.Data.Write("json/crowdpose_train.json", people);
                break;
            case DataSourceKind.Aic:
                _workshop.Data.Write("annotations/aic_train.json", people);
                break;
            default:
                _workshop.Data.Write("annot/train.json", $"[{Mpii(1)},{Mpii(2)}]");
                break;
        }
    }

    private static (int X, int Y) Place(int joint) => (8 + (joint % 5 * 18), 10 + (joint / 5 * 16));
}
