using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tests.Weights;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Loading;

public sealed class CheckpointConverterTests
{
    private static readonly string _diffusers = WeightFixtures.Public("diffusers");
    private static readonly string _ldm = WeightFixtures.Public("ldm", "ldm_tiny.safetensors");
    private static readonly string _zip = WeightFixtures.Public("ldm", "ldm_tiny_ema.ckpt");
    private static readonly string _legacy = WeightFixtures.Public("ldm", "ldm_tiny_legacy.ckpt");
    private static readonly ComponentHints _tiny = new() { NormGroups = 8, TextHeads = 4 };

    [Fact]
    public void Convert_DiffusersToLdmAndBack_KeepsEveryBitAndTheConfigurations()
    {
        using var folder = new TempFolder();

        Convert(_diffusers, folder.Of("there.safetensors"), ConversionTarget.Ldm);
        var report = Convert(folder.Of("there.safetensors"), folder.Of("back"), ConversionTarget.Diffusers);

        using var reference = CheckpointFile.Open(_ldm);
        using var there = CheckpointFile.Open(folder.Of("there.safetensors"));
        using var expected = WithoutPositionIds(reference);
        TensorAssert.SameTensors(expected, there);
        using var original = ModelCheckpoint.Open(_diffusers);
        using var back = ModelCheckpoint.Open(folder.Of("back"));
        foreach (var component in ModelComponents.All)
        {
            TensorAssert.SameTensors(original.Components[component], back.Components[component]);
            foreach (var (name, info) in original.Components[component].Tensors)
            {
                Assert.Equal(info.DType, back.Components[component].Info(name).DType);
            }
        }
        Assert.Equivalent(
            UNetConfig.Parse(original.ReadConfig(ModelComponent.UNet)),
            UNetConfig.Parse(back.ReadConfig(ModelComponent.UNet))
        );
        Assert.Contains(report.Notes, n => n.Contains("vocabulary of 1000", StringComparison.Ordinal));
    }

    [Fact]
    public void Convert_LdmToDiffusersAndBack_KeepsEveryBitAndInfersTheConfigurations()
    {
        using var folder = new TempFolder();
        var options = new ConversionOptions
        {
            Target = ConversionTarget.Diffusers,
            Hints = _tiny,
            TokenizerFolder = WeightFixtures.Public("diffusers", "tokenizer"),
        };

        var report = Convert(_ldm, folder.Of("there"), options);
        Convert(folder.Of("there"), folder.Of("back.safetensors"), ConversionTarget.Ldm);

        Assert.Single(report.Notes, n => n.Contains("guidance family", StringComparison.Ordinal));
        using var reference = CheckpointFile.Open(_ldm);
        using var expected = WithoutPositionIds(reference);
        using var back = CheckpointFile.Open(folder.Of("back.safetensors"));
        TensorAssert.SameTensors(expected, back);
        using var original = ModelCheckpoint.Open(_diffusers);
        using var there = ModelCheckpoint.Open(folder.Of("there"));
        Assert.Equivalent(
            UNetConfig.Parse(original.ReadConfig(ModelComponent.UNet)),
            UNetConfig.Parse(there.ReadConfig(ModelComponent.UNet)),
            strict: true
        );
        Assert.Equivalent(
            AutoencoderConfig.Parse(original.ReadConfig(ModelComponent.Vae)),
            AutoencoderConfig.Parse(there.ReadConfig(ModelComponent.Vae)),
            strict: true
        );
        Assert.Equivalent(
            ClipTextConfig.Parse(original.ReadConfig(ModelComponent.TextEncoder)),
            ClipTextConfig.Parse(there.ReadConfig(ModelComponent.TextEncoder)),
            strict: true
        );
        foreach (var name in (string[])["vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json"])
        {
            Assert.Equal(
                File.ReadAllBytes(WeightFixtures.Public("diffusers", "tokenizer", name)),
                File.ReadAllBytes(folder.Of("there", "tokenizer", name))
            );
        }
        Assert.True(File.Exists(folder.Of("there", "model_index.json")));
        var schedule = NoiseScheduleConfig.Load(folder.Of("there", "scheduler", "scheduler_config.json"));
        Assert.Equal(
            NoiseScheduleConfig.Load(WeightFixtures.Public("diffusers", "scheduler", "scheduler_config.json")),
            schedule
        );
    }

    [Theory]
    [InlineData(EmaChoice.Auto, true)]
    [InlineData(EmaChoice.Average, true)]
    [InlineData(EmaChoice.Raw, false)]
    public void Convert_LightningCheckpoint_TakesTheChosenWeights(EmaChoice ema, bool averaged)
    {
        using var folder = new TempFolder();
        var options = new ConversionOptions
        {
            Target = ConversionTarget.Diffusers,
            Hints = _tiny,
            Ema = ema,
        };

        Convert(_zip, folder.Of("out"), options);

        using var expected = ModelCheckpoint.Open(_zip, averaged);
        using var actual = ModelCheckpoint.Open(folder.Of("out"));
        TensorAssert.SameTensors(expected.Components[ModelComponent.UNet], actual.Components[ModelComponent.UNet]);
    }

    [Fact]
    public void Convert_AverageOfFileWithout_Throws()
    {
        using var folder = new TempFolder();
        var options = new ConversionOptions { Target = ConversionTarget.Diffusers, Ema = EmaChoice.Average };

        Assert.Throws<CheckpointFormatException>(() => Convert(_ldm, folder.Of("out"), options));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void Convert_WithType_StoresEveryFloatInIt(ScalarType type)
    {
        using var folder = new TempFolder();
        var progress = new List<ConversionProgress>();
        var options = new ConversionOptions
        {
            Target = ConversionTarget.Ldm,
            FloatType = type,
            Progress = new Recorder(progress),
        };

        Convert(_diffusers, folder.Of("m.safetensors"), options);

        using var file = CheckpointFile.Open(folder.Of("m.safetensors"));
        Assert.All(file.Tensors.Values, t => Assert.Equal(type, t.DType));
        Assert.Equal(progress[^1].BytesTotal, progress[^1].BytesDone);
        Assert.Equal(file.Tensors.Values.Sum(t => t.ByteCount), progress[^1].BytesTotal);
    }

    [Fact]
    public void Convert_LegacyWithoutUNet_MakesWhatIsThereAndSaysSo()
    {
        using var folder = new TempFolder();

        var report = Convert(
            _legacy,
            folder.Of("out"),
            new ConversionOptions { Target = ConversionTarget.Diffusers, Hints = _tiny }
        );

        Assert.Contains(report.Notes, n => n.Contains("no unet", StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder.Of("out", "unet")));
        Assert.True(File.Exists(folder.Of("out", "vae", "diffusion_pytorch_model.safetensors")));
    }

    [Fact]
    public void Convert_WrongHints_SaysWhichNumberDoesNotFit()
    {
        using var folder = new TempFolder();

        var error = Assert.Throws<CheckpointFormatException>(() =>
            Convert(_ldm, folder.Of("out"), ConversionTarget.Diffusers)
        );

        Assert.Contains("do not divide into 32 groups", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Convert_MissingTensor_ListsIt()
    {
        using var folder = new TempFolder();
        using (var file = CheckpointFile.Open(_ldm))
        using (var fewer = new MappedTensorSource(file))
        {
            foreach (
                var name in file.Tensors.Keys.Where(n => !n.EndsWith("time_embed.2.bias", StringComparison.Ordinal))
            )
            {
                fewer.Add(name, name);
            }
            fewer.Add("first_stage_model.extra", "first_stage_model.quant_conv.bias");
            InstructDiffusion.Engine.Weights.Safetensors.SafetensorsWriter.Write(
                folder.Of("in"),
                fewer,
                cancellationToken: TestContext.Current.CancellationToken
            );
        }

        var error = Assert.Throws<StateDictMismatchException>(() =>
            Convert(folder.Of("in"), folder.Of("out"), ConversionTarget.Diffusers)
        );

        Assert.Equal(["unet/time_embedding.linear_2.bias"], error.Missing);
        Assert.Equal(["vae/first_stage_model.extra"], error.Unexpected);
    }

    [Fact]
    public void Convert_OutputExists_RefusesUnlessTold()
    {
        using var folder = new TempFolder();
        folder.Write("out/mine.txt", [1]);

        Assert.Throws<IOException>(() => Convert(_diffusers, folder.Of("out"), ConversionTarget.Diffusers));
        Convert(
            _diffusers,
            folder.Of("out"),
            new ConversionOptions { Target = ConversionTarget.Diffusers, Overwrite = true }
        );

        Assert.False(File.Exists(folder.Of("out", "mine.txt")));
        Assert.Equal([folder.Of("out")], Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Throws<IOException>(() =>
            Convert(
                folder.Of("out"),
                folder.Of("out"),
                new ConversionOptions { Target = ConversionTarget.Diffusers, Overwrite = true }
            )
        );
    }

    [Fact]
    public void Convert_Cancelled_LeavesNothing()
    {
        using var folder = new TempFolder();
        var options = new ConversionOptions { Target = ConversionTarget.Diffusers };

        Assert.Throws<OperationCanceledException>(() =>
            CheckpointConverter.Convert(_diffusers, folder.Of("out"), options, new CancellationToken(true))
        );
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Convert_KnownName_WritesItsSidecar()
    {
        using var folder = new TempFolder();
        File.Copy(_ldm, folder.Of("v1-5-pruned-emaonly-adaption-task.ckpt"));

        Convert(
            folder.Of("v1-5-pruned-emaonly-adaption-task.ckpt"),
            folder.Of("out"),
            new ConversionOptions { Target = ConversionTarget.Diffusers, Hints = _tiny }
        );

        Assert.Equal(GuidanceFamily.InstructDiffusion, ModelSidecar.Find(folder.Of("out"))!.GuidanceFamily);
        var index = File.ReadAllText(folder.Of("out", "model_index.json"));
        Assert.DoesNotContain("InstructPix2Pix", index, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_FolderOfAPipelineClass_KeepsItsFamily()
    {
        using var folder = new TempFolder();

        Convert(_diffusers, folder.Of("there.safetensors"), ConversionTarget.Ldm);
        Convert(folder.Of("there.safetensors"), folder.Of("back"), ConversionTarget.Diffusers);

        Assert.Equal(GuidanceFamily.InstructPix2Pix, ModelSidecar.Find(folder.Of("there.safetensors"))!.GuidanceFamily);
        Assert.Contains(
            "StableDiffusionInstructPix2PixPipeline",
            File.ReadAllText(folder.Of("back", "model_index.json")),
            StringComparison.Ordinal
        );
    }

    private static ConversionReport Convert(string input, string output, ConversionTarget target) =>
        Convert(input, output, new ConversionOptions { Target = target });

    private static ConversionReport Convert(string input, string output, ConversionOptions options) =>
        CheckpointConverter.Convert(input, output, options, TestContext.Current.CancellationToken);

    private static MappedTensorSource WithoutPositionIds(ITensorSource source)
    {
        var mapped = new MappedTensorSource(source);
        foreach (var name in source.Tensors.Keys.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)))
        {
            mapped.Add(name, name);
        }
        return mapped;
    }

    private sealed class Recorder(List<ConversionProgress> list) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => list.Add(value);
    }
}
