using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Cli.Tests.Edit;

public sealed class EditCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestTerminal _terminal = new();
    private readonly List<FakeEditPipeline> _pipelines = [];
    private readonly List<EditRequest> _requests = [];
    private readonly List<ModelLoadOptions> _opened = [];
    private readonly RgbImage _source;
    private readonly string _input;
    private Action _onStep = () => { };
    private Action _onFinish = () => { };

    public EditCommandTests()
    {
        byte[] pixels = [.. Enumerable.Range(0, 20 * 10 * 3).Select(i => (byte)(i * 7))];
        _source = new RgbImage(20, 10, pixels);
        _input = _folder.Of("photo.png");
        File.WriteAllBytes(_input, ImageCodec.Encode(_source, ImageFileFormat.Png));
    }

    public void Dispose()
    {
        Assert.All(_pipelines, pipeline => Assert.Empty(pipeline.Breaches));
        Assert.All(_pipelines, pipeline => Assert.Equal(pipeline.Prepared, pipeline.Disposed));
        _folder.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task Edit_OnlyWhatIsNeeded_TakesTheRestFromTheModel()
    {
        int code = await RunAsync("--output", _folder.Of("out.png"), "--seed", "5");

        Assert.Equal(ExitCode.Success, code);
        EditRequest request = Assert.Single(_requests);
        Assert.Equal("make it red", request.Instruction);
        Assert.Equal(3, request.Steps);
        Assert.Equal(5.0, request.TextGuidanceScale);
        Assert.Equal(1.25, request.ImageGuidanceScale);
        Assert.Equal(SamplerKind.Ddim, request.Sampler);
        Assert.Equal(WorkingSize.Of(64, WorkingSizeRule.CommandLine), request.WorkingSize);
        Assert.Equal(_source.Pixels, request.Image.Pixels);
        Assert.Equal(FakeEditPipeline.Edited(request).Pixels, Decode("out.png").Image.Pixels);
        Assert.Equal(_folder.Of("out.png"), _terminal.Out.Trim());
    }

    [Fact]
    public async Task Edit_NoModel_OpensTheOneThatComesWithTheProgram()
    {
        int code = await CommandLine.RunAsync(
            ["edit", "--input", _input, "--instruction", "make it red", "--output", _folder.Of("out.png")],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(ModelLoader.DefaultModelPath, Assert.Single(_opened).Path);
    }

    [Fact]
    public async Task Edit_AuthorsNames_MeanTheSame()
    {
        int code = await CommandLine.RunAsync(
            [
                "edit",
                .. (string[])["--ckpt", "weights", "--input", _input, "--edit", "make it blue", "--cfg-text", "7.5"],
                .. (string[])["--cfg-image", "1.5", "--resolution", "256", "--steps", "20", "--seed", "94746"],
                .. (string[])["--outdir", _folder.Of("logs")],
            ],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Success, code);
        EditRequest request = Assert.Single(_requests);
        Assert.Equal("make it blue", request.Instruction);
        Assert.Equal(7.5, request.TextGuidanceScale);
        Assert.Equal(1.5, request.ImageGuidanceScale);
        Assert.Equal(20, request.Steps);
        Assert.Equal(WorkingSize.Of(256, WorkingSizeRule.CommandLine), request.WorkingSize);
        Assert.Equal("weights", Assert.Single(_opened).Path);
        Assert.True(File.Exists(_folder.Of("logs", "photo_seed94746.png")));
    }

    [Fact]
    public async Task Edit_EveryOption_ReachesRequestAndModel()
    {
        int code = await RunAsync([
            .. (string[])["--output", _folder.Of("out.png"), "--size", "128x64", "--steps", "2", "--seed", "9"],
            .. (string[])["--sampler", "ddim", "--eta", "0.5", "--negative-instruction", "blurry"],
            .. (string[])["--device", "cuda:1", "--precision", "bf16", "--base", "sd15"],
            .. (string[])["--placement", "crop", "--threads", "3", "--family", "instruct_pix2pix", "--raw-weights"],
        ]);

        Assert.Equal(ExitCode.Success, code);
        EditRequest request = Assert.Single(_requests);
        Assert.Equal(new ImageSize(128, 64), request.WorkingSize!.Exact);
        Assert.Equal(0.5, request.Eta);
        Assert.Equal("blurry", request.NegativeInstruction);
        Assert.Equal(CanvasPlacement.Crop, request.Placement);
        Assert.Equal(
            new ModelLoadOptions
            {
                Path = "model",
                BasePath = "sd15",
                Device = "cuda:1",
                Precision = Precision.Bf16,
                Family = GuidanceFamily.InstructPix2Pix,
                PreferEma = false,
                Threads = 3,
                Pipeline = Assert.Single(_opened).Pipeline,
            },
            Assert.Single(_opened)
        );
    }

    [Fact]
    public async Task Edit_SizeRule_GoesWithTheResolution()
    {
        await RunAsync("--output", _folder.Of("a.png"), "--size-rule", "app");
        await RunAsync("--output", _folder.Of("b.png"), "--size-rule", "cli-legacy", "--resolution", "768");

        Assert.Equal(
            [WorkingSize.Of(64, WorkingSizeRule.WebApp), WorkingSize.Of(768, WorkingSizeRule.CommandLineLegacy)],
            _requests.Select(request => request.WorkingSize)
        );
    }

    [Fact]
    public async Task Edit_Task_TakesThePresetsValuesUnlessToldOtherwise()
    {
        int code = await CommandLine.RunAsync(
            [
                .. (string[])["edit", "--model", _folder.Of("v1-5-adaption-task.ckpt"), "--input", _input],
                .. (string[])["--instruction", "Use red to encircle the nose.", "--task", "keypoints"],
                .. (string[])["--steps", "20", "--output", _folder.Of("out.png")],
            ],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Success, code);
        EditRequest request = Assert.Single(_requests);
        Assert.Equal(6.0, request.TextGuidanceScale);
        Assert.Equal(0.5, request.ImageGuidanceScale);
        Assert.Equal(20, request.Steps);
        Assert.Equal(512, request.WorkingSize!.Resolution);
    }

    [Theory]
    [InlineData("adaption-task", "segmentation")]
    [InlineData("nothing-known", "no presets")]
    public async Task Edit_UnknownTask_NamesTheOnesThereAre(string model, string expected)
    {
        int code = await CommandLine.RunAsync(
            ["edit", "--model", model, "--input", _input, "--instruction", "x", "--task", "cooking"],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_opened);
    }

    [Fact]
    public async Task Edit_ReferenceModel_MakesAPictureTheSameEachTime()
    {
        string[] edit =
        [
            .. (string[])["edit", "--model", ModelLoader.ReferenceModelPath, "--input", _input],
            .. (string[])["--instruction", "make it red", "--seed", "1", "--steps", "2", "--size", "64x64"],
        ];
        foreach (string name in (string[])["a.png", "b.png"])
        {
            int code = await CommandLine.RunAsync(
                [.. edit, "--output", _folder.Of(name)],
                _terminal.Terminal,
                ModelLoader.Open,
                TestContext.Current.CancellationToken
            );
            Assert.True(code == ExitCode.Success, _terminal.Error);
        }

        RgbImage first = Decode("a.png").Image;
        Assert.Equal(20, first.Width);
        Assert.Equal(10, first.Height);
        Assert.Equal(first.Pixels, Decode("b.png").Image.Pixels);
        Assert.False(_source.Pixels.SequenceEqual(first.Pixels));
        Assert.Contains("untrained", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_Png_HoldsItsParameters()
    {
        await RunAsync("--output", _folder.Of("out.png"), "--seed", "77", "--sampler", "euler");

        IReadOnlyDictionary<string, string> text = ImageCodec.ReadText(File.ReadAllBytes(_folder.Of("out.png")));
        JsonNode json = JsonNode.Parse(text["parameters"])!;
        Assert.Equal("make it red", (string?)json["instruction"]);
        Assert.Equal(77, (long?)json["seed"]);
        Assert.Equal("euler", (string?)json["sampler"]);
        Assert.Equal("64x64", (string?)json["working_size"]);
        Assert.Equal("fake", (string?)json["model"]);
        Assert.Equal("photo.png", (string?)json["input"]);
        Assert.StartsWith("make it red\nSteps: 3, Sampler: euler,", text["Description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_Count_MakesOnePictureForEachSeed()
    {
        int code = await RunAsync("--output", _folder.Of("out.png"), "--seed", "10", "--count", "3");

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal([10L, 11L, 12L], _requests.Select(request => request.Seed));
        string[] expected = [.. Enumerable.Range(10, 3).Select(seed => _folder.Of($"out_seed{seed}.png"))];
        Assert.Equal(
            expected,
            _terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
        Assert.All(expected, path => Assert.True(File.Exists(path)));
        Assert.Single(_opened);
    }

    [Fact]
    public async Task Edit_LaterPictureFails_StillTellsTheOnesWritten()
    {
        int finished = 0;
        _onFinish = () =>
        {
            if (++finished == 2)
            {
                throw new NonFiniteImageException("decoding");
            }
        };

        int code = await RunAsync("--output", _folder.Of("out.png"), "--seed", "1", "--count", "2");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal(_folder.Of("out_seed1.png"), _terminal.Out.Trim());
        Assert.True(File.Exists(_folder.Of("out_seed1.png")));
        Assert.False(File.Exists(_folder.Of("out_seed2.png")));
    }

    [Fact]
    public async Task Edit_NoSeed_DrawsOneAndTellsIt()
    {
        await RunAsync("--output", _folder.Path);

        long seed = Assert.Single(_requests).Seed;
        Assert.InRange(seed, 0, 999_999);
        Assert.Contains($"seed {seed}", _terminal.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.Of($"photo_seed{seed}.png")));
    }

    [Theory]
    [InlineData("out.jpg", ImageFileFormat.Jpeg)]
    [InlineData("out.JPEG", ImageFileFormat.Jpeg)]
    [InlineData("out.webp", ImageFileFormat.Webp)]
    public async Task Edit_OutputEnding_DecidesTheFormat(string name, ImageFileFormat format)
    {
        await RunAsync("--output", _folder.Of(name));

        Assert.Equal(format, Decode(name).Format);
    }

    [Fact]
    public async Task Edit_TransparentPicture_KeepsItsTransparencyWhereTheFormatCan()
    {
        byte[] alpha = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        File.WriteAllBytes(_input, ImageCodec.Encode(_source, ImageFileFormat.Png, alpha: alpha));

        await RunAsync("--output", _folder.Of("out.png"));
        int code = await RunAsync("--output", _folder.Of("out.jpg"));

        Assert.Equal(alpha, Decode("out.png").Alpha);
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("transparency", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_OutputExists_IsNotReplacedWithoutForce()
    {
        string output = _folder.Of("out.png");
        File.WriteAllText(output, "mine");

        Assert.Equal(ExitCode.Failed, await RunAsync("--output", output));
        Assert.Empty(_opened);
        Assert.Equal("mine", File.ReadAllText(output));

        Assert.Equal(ExitCode.Success, await RunAsync("--output", output, "--force"));
        Assert.Equal(ImageFileFormat.Png, Decode("out.png").Format);
    }

    [Theory]
    [InlineData("--steps", "0", "--steps must be between")]
    [InlineData("--text-guidance-scale", "-1", "--text-guidance-scale must be between")]
    [InlineData("--image-guidance-scale", "99", "--image-guidance-scale must be between")]
    [InlineData("--eta", "2", "--eta must be between")]
    [InlineData("--seed", "-4", "--seed must be between")]
    [InlineData("--count", "0", "--count must be between")]
    [InlineData("--size", "100x64", "--size must be")]
    [InlineData("--size", "64", "--size must be")]
    [InlineData("--resolution", "10", "--resolution must be between")]
    [InlineData("--sampler", "best", "best")]
    [InlineData("--device", "tpu", "--device must be")]
    [InlineData("--precision", "int8", "int8")]
    [InlineData("--output", "out.gif", "--output must end in")]
    [InlineData("--instruction", " ", "--instruction must not be empty")]
    public async Task Edit_ValueOutOfRange_IsAUsageErrorBeforeTheModelIsOpened(
        string name,
        string value,
        string expected
    )
    {
        string[] args = name is "--instruction" ? [] : ["--instruction", "make it red"];

        int code = await CommandLine.RunAsync(
            ["edit", "--model", "model", "--input", _input, .. args, name, value],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_opened);
    }

    [Fact]
    public async Task Edit_OptionsThatExcludeEachOther_AreAUsageError()
    {
        Assert.Equal(ExitCode.Usage, await RunAsync("--size", "64x64", "--resolution", "64"));
        Assert.Equal(ExitCode.Usage, await RunAsync("--size", "64x64", "--size-rule", "app"));
        Assert.Equal(ExitCode.Usage, await RunAsync("--output", "a.png", "--outdir", "b"));
        Assert.Equal(ExitCode.Usage, await RunAsync("--eta", "0.5", "--sampler", "euler"));
        Assert.Empty(_opened);
    }

    [Fact]
    public async Task Edit_InputIsNoPicture_SaysWhichFile()
    {
        File.WriteAllText(_input, "no picture");

        Assert.Equal(ExitCode.Failed, await RunAsync());
        Assert.Contains("photo.png", _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_opened);
    }

    [Fact]
    public async Task Edit_CancelledWhileDenoising_LeavesNoFile()
    {
        using var stop = new CancellationTokenSource();
        _onStep = stop.Cancel;

        int code = await CommandLine.RunAsync(
            ["edit", "--model", "m", "--input", _input, "--instruction", "x", "--output", _folder.Of("out.png")],
            _terminal.Terminal,
            Open,
            stop.Token
        );

        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Equal([_input], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Edit_ModelGivesNoPicture_SaysSo()
    {
        _onFinish = () => throw new NonFiniteImageException("decoding");

        Assert.Equal(ExitCode.Failed, await RunAsync("--output", _folder.Of("out.png")));
        Assert.StartsWith("error: The model produced values that are not finite", LastError, StringComparison.Ordinal);
    }

    private string LastError =>
        _terminal.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];

    private LoadedModel Open(ModelLoadOptions options, CancellationToken cancellationToken)
    {
        _opened.Add(options);
        var pipeline = new FakeEditPipeline
        {
            OnPrepare = _requests.Add,
            OnStep = _ => _onStep(),
            OnFinish = _ => _onFinish(),
        };
        _pipelines.Add(pipeline);
        return pipeline.Load(cancellationToken);
    }

    private Task<int> RunAsync(params string[] options) =>
        CommandLine.RunAsync(
            ["edit", "--model", "model", "--input", _input, "--instruction", "make it red", .. options],
            _terminal.Terminal,
            Open,
            TestContext.Current.CancellationToken
        );

    private DecodedImage Decode(string name) =>
        ImageCodec.Decode(File.ReadAllBytes(_folder.Of(name)), ImageDecodeLimits.Default);
}
