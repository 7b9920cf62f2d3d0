using System.Globalization;
using InstructDiffusion.Engine.Benchmarks;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tests.Weights;
using InstructDiffusion.Engine.Weights;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Benchmarks;

/// <summary>The commands on the tiny model. Run alone, as tensors and memory are counted for the whole process.</summary>
[CollectionDefinition(nameof(BenchmarkProgramTests), DisableParallelization = true)]
[Collection(nameof(BenchmarkProgramTests))]
public sealed class BenchmarkProgramTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly int _threads = torch.get_num_threads();

    public void Dispose()
    {
        torch.set_num_threads(_threads);
        _folder.Dispose();
    }

    [Fact]
    public async Task MakeModel_Fp16_MakesAModelOfTheAskedShape()
    {
        string path = await MakeModelAsync("--precision", "fp16");

        using (ModelCheckpoint checkpoint = ModelCheckpoint.Open(path))
        {
            Assert.All(
                checkpoint.Components.Values.SelectMany(component => component.Tensors.Values),
                tensor => Assert.Equal(torch.ScalarType.Float16, tensor.DType)
            );
        }
        using EditModel model = ModelLoader.Load(
            new ModelLoadOptions { Path = path },
            TestContext.Current.CancellationToken
        );
        Assert.Equivalent(ModelShape.Tiny.UNet, model.UNet.Config);
        Assert.Equivalent(ModelShape.Tiny.Autoencoder, model.Autoencoder.Config);
        Assert.Equivalent(ModelShape.Tiny.TextEncoder, model.TextEncoder.Config);
        Assert.True(model.Description.IsUntrainedReference);
        Assert.Equal(GuidanceFamily.InstructDiffusion, model.Description.Family);
    }

    [Theory]
    [InlineData("7", true)]
    [InlineData("8", false)]
    public async Task MakeModel_Seed_DecidesTheWeights(string seed, bool same)
    {
        string one = await MakeModelAsync("--seed", "7");
        string other = await MakeModelAsync("--seed", seed);

        byte[] UNetOf(string path) =>
            File.ReadAllBytes(Path.Combine(path, "unet", "diffusion_pytorch_model.safetensors"));
        Assert.Equal(same, UNetOf(one).SequenceEqual(UNetOf(other)));
    }

    [Fact]
    public async Task MakeModel_FolderInUse_IsRefusedAndLeftAlone()
    {
        string file = _folder.Write("mine/notes.txt", "mine"u8);

        (int code, _, string error) = await RunAsync("make-model", Path.GetDirectoryName(file)!);

        Assert.Equal(1, code);
        Assert.Contains("is not empty", error, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(Path.GetDirectoryName(file)!));
    }

    [Fact]
    public async Task Kernels_TinyModel_ComparesEachPart()
    {
        (int code, string output, _) = await RunAsync([
            "kernels",
            "--model",
            await MakeModelAsync(),
            "--latent",
            "8",
            "--runs",
            "2",
        ]);

        Assert.Equal(0, code);
        string[] rows = output.Split('\n');
        foreach (string part in (string[])["UNet step, 3 rows of 8x8", "VAE encode, 64x64", "VAE decode, 64x64"])
        {
            string row = Assert.Single(rows, row => row.StartsWith($"| {part}", StringComparison.Ordinal));
            double error = double.Parse(row.Split('|')[^2], CultureInfo.InvariantCulture);
            Assert.InRange(error, 0, 1e-3);
        }
    }

    [Fact]
    public async Task Run_TinyModel_PrintsAndWritesARowForEachPart()
    {
        string report = _folder.Of("results.md");

        (int code, string output, _) = await RunAsync([
            "run",
            "--model",
            await MakeModelAsync(),
            "--latent",
            "8",
            "16",
            "--runs",
            "2",
            "--output",
            report,
        ]);

        Assert.Equal(0, code);
        Assert.Equal(output, await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        Assert.Contains("Ceiling, matmul 2048x2048 fp32: ", output, StringComparison.Ordinal);
        string[] parts =
        [
            "Model load, files in memory",
            "Text encoder, 2 texts of 77 tokens",
            "VAE encode, 64x64 pixels",
            "UNet step, 3 rows of 8x8",
            "VAE decode, 64x64 pixels",
            "VAE encode, 128x128 pixels",
            "UNet step, 3 rows of 16x16",
            "VAE decode, 128x128 pixels",
        ];
        string[] rows = output.Split('\n');
        Assert.All(parts, part => Assert.Single(rows, row => row.StartsWith($"| {part}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("64", 0)]
    [InlineData("0.01", 1)]
    public async Task Edit_MemoryLimit_DecidesTheExitCode(string gibibytes, int expected)
    {
        (int code, string output, _) = await RunAsync([
            "edit",
            "--model",
            await MakeModelAsync(),
            "--size",
            "64x64",
            "--steps",
            "1",
            "--limit",
            gibibytes,
        ]);

        Assert.Equal(expected, code);
        Assert.Contains("64x64 edited at 64x64", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Soak_TinyModel_LeavesNothingBehind()
    {
        (int code, string output, _) = await RunAsync([
            "soak",
            "--model",
            await MakeModelAsync(),
            "--edits",
            "40",
            "--threads",
            "1",
        ]);

        Assert.True(code == 0, output);
        Assert.Contains("after 40 edits: 0 tensors", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--runs must be between 1 and 1000, got 0", "run", "--runs", "0")]
    [InlineData("--latent must be a multiple of 8, got 33", "run", "--latent", "32", "33")]
    [InlineData("--size must be WIDTHxHEIGHT, e.g. 512x512, got '512'", "edit", "--size", "512")]
    [InlineData("--limit must be above 0 and at most 1024, got 0", "edit", "--limit", "0")]
    [InlineData("--model: no folder /nowhere", "soak", "--model", "/nowhere")]
    public async Task AnyCommand_BadOption_FailsAndSaysWhich(string message, params string[] args)
    {
        (int code, _, string error) = await RunAsync(args);

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private async Task<string> MakeModelAsync(params string[] options)
    {
        string path = _folder.Of(Guid.NewGuid().ToString("N"));
        (int code, string output, string error) = await RunAsync(["make-model", path, "--size", "tiny", .. options]);
        Assert.True(code == 0, error);
        Assert.Equal(path, output.TrimEnd());
        return path;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await BenchmarkProgram.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
