using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Demo;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Construction;

/// <summary>The whole construction by its commands, on scenes of demo data, with the stand-ins.</summary>
public sealed class ConstructCommandTests : IDisposable
{
    private const int Side = 64;

    private readonly DemoSources _sources = new();
    private readonly StringWriter _errors = new();

    public ConstructCommandTests() => _sources.Build().Run(null, CancellationToken.None);

    public void Dispose()
    {
        _sources.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task Run_EveryStage_MakesPairsOfThreeKindsAndASheet()
    {
        string scenes = Of("scenes");
        string pictures = Path.Combine(scenes, "pictures");
        await Succeed("demo", "--data", _sources.Output, "--out", scenes, "--count", "8", "--side", $"{Side}");
        string[] from = ["--pictures", pictures];
        await Succeed([
            "regions",
            "--annotations",
            Path.Combine(scenes, "refer.json"),
            "--out",
            Of("regions"),
            .. from,
        ]);
        await Succeed([
            "remove",
            "--regions",
            Of("regions"),
            "--inpainter",
            "fill",
            "--dilation",
            "2",
            "--out",
            Of("removal"),
            .. from,
        ]);
        await Succeed(["features", "--regions", Of("regions"), "--out", Of("features"), .. from]);
        string[] collections =
        [
            "--queries",
            Of("features"),
            "--gallery",
            Of("features"),
            "--gallery-pictures",
            pictures,
        ];
        await Succeed([
            "replace",
            "--painter",
            "paste",
            "--out",
            Of("replacement"),
            "--shard-items",
            "3",
            .. from,
            .. collections,
        ]);
        await Succeed("sheet", Of("removal"), "--out", Of("sheet.png"), "--count", "6", "--side", "32");
        await Succeed("status", Of("removal"));

        ShardSet removal = ShardSet.Open(Of("removal"));
        ShardSet replacement = ShardSet.Open(Of("replacement"));
        Assert.True(removal.Count >= 8);
        Assert.Equal(removal.Count / 2, removal.Records.Count(record => record.Kind == PairKinds.Addition));
        Assert.True(replacement.Count >= 4);
        Assert.All(removal.Records, record => Assert.Contains("CC0", record.Origin!.Licence, StringComparison.Ordinal));
        RgbImage sheet = ImageCodec.Decode(File.ReadAllBytes(Of("sheet.png")), ImageDecodeLimits.Default).Image;
        Assert.True(sheet.Width > 4 * 3 * 32);
    }

    [Fact]
    public void Write_DemoAnnotations_HaveTheObjectsExactOutlines()
    {
        DemoFolder folder = DemoFolder.Open(_sources.Output);
        new DemoAnnotations(folder, Side, seed: 3).Write(Of("scenes"), 4, () => { }, CancellationToken.None);
        var pictures = new SourcePictures(Of("scenes", DemoAnnotations.PicturesFolder));
        var options = new RegionOptions { LeastArea = 0, MostArea = 1 };
        var stage = new AnnotatedRegions(Of("scenes", DemoAnnotations.AnnotationsFile), pictures, options);
        var renderer = new SceneRenderer(folder, Side);
        var composer = new SceneComposer(folder, DemoSplit.Train, new Dictionary<string, double>());

        int compared = 0;
        for (long item = 0; item < stage.Count; item++)
        {
            ShardSample sample = stage.Make(item, CancellationToken.None)[0];
            int scene = int.Parse(sample.Record.Origin!.Id, System.Globalization.CultureInfo.InvariantCulture);
            var random = new CounterRandom(3, RandomPurpose.Construction, scene);
            SceneSpec spec = composer.ComposeScene(ref random);
            RegionMask mask = RegionMask.Of(
                ImageCodec.Decode(sample.Members[0].Bytes, ImageDecodeLimits.Default).Image
            );
            bool isOneOfThem = Enumerable
                .Range(0, spec.Objects.Count)
                .Select(subject => renderer.Render(spec with { Task = DemoTask.Removal, Subject = subject }).Mask!)
                .Any(truth => truth.SequenceEqual(mask.Pixels));
            Assert.True(isOneOfThem, $"{sample.Record.Region!.Phrase} in scene {scene}");
            compared++;
        }
        Assert.True(compared >= 4);
    }

    [Fact]
    public async Task Run_ModelThatIsMissingOrNotWanted_IsAUsageError()
    {
        string[] remove = ["remove", "--regions", "r", "--pictures", "p", "--out", Of("x"), "--inpainter"];

        Assert.Equal(2, await Run([.. remove, "latent"]));
        Assert.Equal(2, await Run([.. remove, "fill", "--model", "m"]));
        Assert.Equal(2, await Run([.. remove, "fill", "--shard", "5/4"]));
        Assert.Contains("--model: --inpainter latent needs one", _errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("expected a part like 1/4", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StoppedBySignal_LeavesWithItsCode()
    {
        string scenes = Of("scenes");
        await Succeed("demo", "--data", _sources.Output, "--out", scenes, "--count", "2", "--side", $"{Side}");
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        string[] command =
        [
            "construct",
            "regions",
            "--annotations",
            Path.Combine(scenes, "refer.json"),
            "--pictures",
            Path.Combine(scenes, "pictures"),
            "--out",
            Of("regions"),
        ];

        int code = await CommandLine.RunAsync(command, _errors, stop.Token);

        Assert.Equal(130, code);
        Assert.False(File.Exists(Of("regions", "000000.tar")));
    }

    private string Of(params string[] parts) => Path.Combine([_sources.Root, "construct", .. parts]);

    private async Task Succeed(params string[] args) => Assert.True(await Run(args) == 0, _errors.ToString());

    private Task<int> Run(string[] args)
    {
        Directory.CreateDirectory(Of());
        return CommandLine.RunAsync(["construct", .. args], _errors, CancellationToken.None);
    }
}
