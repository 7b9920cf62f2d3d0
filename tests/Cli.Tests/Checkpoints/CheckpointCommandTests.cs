using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Cli.Tests.Checkpoints;

public sealed class CheckpointCommandTests : IDisposable
{
    private static readonly string Ldm = Fixture("ldm", "ldm_tiny.safetensors");
    private static readonly string LdmEma = Fixture("ldm", "ldm_tiny_ema.ckpt");
    private static readonly string Diffusers = Fixture("diffusers");

    private readonly TempFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _folder.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task Inspect_DiffusersFolder_ListsItsComponents()
    {
        Assert.Equal(ExitCode.Success, await RunAsync("inspect", Diffusers));

        Assert.Contains("diffusers folder", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("8 input channels", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("text_encoder", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("0 missing", _terminal.Out, StringComparison.Ordinal);
        Assert.Empty(_terminal.Error);
    }

    [Fact]
    public async Task Inspect_KnownName_ListsItsTasks()
    {
        string known = _folder.Of("v1-5-adaption-task.safetensors");
        File.Copy(Ldm, known);

        Assert.Equal(ExitCode.Success, await RunAsync("inspect", known));

        Assert.Contains("InstructDiffusion (told by its name)", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains(
            "keypoints: text 6, image 0.5, 100 steps, resolution 512",
            _terminal.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Inspect_Json_IsReadByPrograms()
    {
        Assert.Equal(ExitCode.Success, await RunAsync("inspect", LdmEma, "--json"));

        JsonNode json = JsonNode.Parse(_terminal.Out)!;
        Assert.Equal("lightning", (string?)json["layout"]);
        Assert.True((bool?)json["has_ema"]);
        Assert.Equal(8, (int?)json["unet_in_channels"]);
        Assert.Equal(3, json["components"]!.AsArray().Count);
        Assert.Equal("unet", (string?)json["components"]![0]!["component"]);
        Assert.NotEmpty(json["keys"]!["ignored"]!.AsArray());
        Assert.Empty(json["keys"]!["missing"]!.AsArray());
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("convert")]
    public async Task Run_NoCheckpoint_SaysSoInOneLine(string verb)
    {
        string file = _folder.Of("model.ckpt");
        File.WriteAllText(file, "<html>not found</html>");
        string[] output = verb is "convert" ? [_folder.Of("out")] : [];

        Assert.Equal(ExitCode.Failed, await RunAsync([verb, file, .. output]));
        Assert.Equal(ExitCode.Failed, await RunAsync([verb, _folder.Of("missing"), .. output]));

        string[] lines = _terminal.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("web page", lines[0], StringComparison.Ordinal);
        Assert.Contains("missing", lines[1], StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Convert_ThereAndBack_KeepsEveryBit()
    {
        string folder = _folder.Of("folder");
        string again = _folder.Of("again.safetensors");
        string once = _folder.Of("once.safetensors");

        Assert.Equal(ExitCode.Success, await RunAsync("convert", Diffusers, once));
        Assert.Equal(ExitCode.Success, await RunAsync("convert", once, folder));
        Assert.Equal(ExitCode.Success, await RunAsync("convert", folder, again, "--to", "ldm"));

        Assert.Equal(File.ReadAllBytes(once), File.ReadAllBytes(again));
        Assert.True(File.Exists(Path.Combine(folder, "unet", "config.json")));
        Assert.Equal([once, folder, again], _terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("0 missing", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_HalfPrecision_HalvesTheWeights()
    {
        string output = _folder.Of("half.safetensors");

        Assert.Equal(ExitCode.Success, await RunAsync("convert", Diffusers, output, "--dtype", "fp16"));

        CheckpointSummary summary = CheckpointInspector.Inspect(output);
        Assert.All(summary.Components, part => Assert.Equal(["Float16"], part.Types.Keys));
    }

    [Fact]
    public async Task Convert_Ema_TakesTheWeightsAskedFor()
    {
        string[] hints = ["--heads", "2", "--norm-groups", "8"];
        string average = _folder.Of("average.safetensors");
        string raw = _folder.Of("raw.safetensors");

        Assert.Equal(ExitCode.Success, await RunAsync(["convert", LdmEma, average, "--ema", "yes", .. hints]));
        Assert.Equal(ExitCode.Success, await RunAsync(["convert", LdmEma, raw, "--ema", "no", .. hints]));
        Assert.Equal(
            ExitCode.Failed,
            await RunAsync(["convert", Diffusers, _folder.Of("x.safetensors"), "--ema", "yes"])
        );

        Assert.NotEqual(File.ReadAllBytes(average), File.ReadAllBytes(raw));
        Assert.Contains("no averaged weights", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_Family_IsWrittenBesideTheWeights()
    {
        string output = _folder.Of("mine.safetensors");

        Assert.Equal(ExitCode.Success, await RunAsync("convert", Diffusers, output, "--family", "instruct_diffusion"));

        ModelSidecar sidecar = ModelSidecar.Find(output)!;
        Assert.Equal(GuidanceFamily.InstructDiffusion, sidecar.GuidanceFamily);
        Assert.Equal("mine", sidecar.Name);
    }

    [Fact]
    public async Task Convert_Report_NamesEveryTensor()
    {
        string report = _folder.Of("report.json");

        Assert.Equal(
            ExitCode.Success,
            await RunAsync("convert", Diffusers, _folder.Of("o.safetensors"), "--report", report)
        );

        JsonNode json = JsonNode.Parse(File.ReadAllText(report))!;
        JsonNode first = json["mapped"]!.AsArray()[0]!;
        Assert.NotNull((string?)first["original"]);
        Assert.Equal("unet", (string?)first["component"]);
        Assert.Equal(
            CheckpointInspector.Inspect(Diffusers).Components.Sum(part => part.Tensors),
            json["mapped"]!.AsArray().Count
        );
    }

    [Fact]
    public async Task Convert_OutputExists_IsNotReplacedWithoutForce()
    {
        string output = _folder.Of("out.safetensors");
        File.WriteAllText(output, "mine");

        Assert.Equal(ExitCode.Failed, await RunAsync("convert", Diffusers, output));
        Assert.Equal("mine", File.ReadAllText(output));

        Assert.Equal(ExitCode.Success, await RunAsync("convert", Diffusers, output, "--force"));
        Assert.Contains("--force", _terminal.Error, StringComparison.Ordinal);
        Assert.NotEqual("mine", File.ReadAllText(output));
    }

    [Theory]
    [InlineData("out", "--to", "ldm")]
    [InlineData("out.safetensors", "--to", "diffusers")]
    [InlineData("out.safetensors", "--to", "onnx")]
    [InlineData("out.safetensors", "--dtype", "int4")]
    [InlineData("out.safetensors", "--ema", "maybe")]
    [InlineData("out.safetensors", "--heads", "0")]
    public async Task Convert_OptionThatMakesNoSense_IsAUsageError(string output, string option, string value)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync("convert", Diffusers, _folder.Of(output), option, value));
        Assert.Contains(value is "0" ? option : value, _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Convert_Cancelled_LeavesNothing()
    {
        int code = await CommandLine.RunAsync(
            ["convert", Diffusers, _folder.Of("out")],
            _terminal.Terminal,
            ModelLoader.Open,
            new CancellationToken(canceled: true)
        );

        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private static string Fixture(params string[] parts) =>
        RepositoryRoot.Of(["tests", "Fixtures", "public", .. parts]);

    private Task<int> RunAsync(params string[] args) =>
        CommandLine.RunAsync(args, _terminal.Terminal, ModelLoader.Open, TestContext.Current.CancellationToken);
}
