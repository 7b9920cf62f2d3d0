using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights;

public sealed class ModelCheckpointTests
{
    private static readonly string _ldm = WeightFixtures.Public("ldm", "ldm_tiny.safetensors");
    private static readonly string _zip = WeightFixtures.Public("ldm", "ldm_tiny_ema.ckpt");
    private static readonly string _legacy = WeightFixtures.Public("ldm", "ldm_tiny_legacy.ckpt");

    [Theory]
    [InlineData(ModelComponent.UNet)]
    [InlineData(ModelComponent.Vae)]
    [InlineData(ModelComponent.TextEncoder)]
    public void Open_EveryForm_GivesTheSameBits(ModelComponent component)
    {
        using var diffusers = ModelCheckpoint.Open(WeightFixtures.Public("diffusers"));
        using var ldm = ModelCheckpoint.Open(_ldm);
        using var zip = ModelCheckpoint.Open(_zip, preferEma: false);
        using var legacy = ModelCheckpoint.Open(_legacy);

        var expected = diffusers.Components[component];
        TensorAssert.SameTensors(expected, ldm.Components[component]);
        TensorAssert.SameTensors(expected, zip.Components[component]);
        if (component != ModelComponent.UNet)
        {
            TensorAssert.SameTensors(expected, legacy.Components[component]);
        }
        Assert.False(legacy.Components.ContainsKey(ModelComponent.UNet));
    }

    [Fact]
    public void CopyTo_ReshapedAndStridedDestinations_LeaveNoTensorBehind()
    {
        using var ldm = ModelCheckpoint.Open(_ldm);
        var vae = ldm.Components[ModelComponent.Vae];
        using var matrix = zeros(16, 16);
        using var transposed = matrix.t();

        LeakAssert.Leaves(0, () => vae.CopyTo("encoder.mid_block.attentions.0.to_q.weight", matrix));
        LeakAssert.Leaves(0, () => vae.Read("encoder.mid_block.attentions.0.to_q.weight").Dispose());
        Assert.Throws<ArgumentException>(() => vae.CopyTo("encoder.conv_in.weight", matrix));
        using var before = matrix.clone();
        LeakAssert.Leaves(0, () => vae.CopyTo("encoder.mid_block.attentions.0.to_q.weight", transposed));
        Assert.Equal(TensorAssert.Bits(before), TensorAssert.Bits(transposed));
    }

    [Fact]
    public void Open_SplitInSixParts_GivesTheSameBits()
    {
        using var folder = new TempFolder();
        var bytes = File.ReadAllBytes(_zip);
        var length = (bytes.Length / 6) + 1;
        for (var i = 0; i < 6; i++)
        {
            folder.Write(
                $"m.ckpt_a{(char)('a' + i)}",
                bytes.AsSpan(i * length, Math.Min(length, bytes.Length - (i * length)))
            );
        }
        using var whole = ModelCheckpoint.Open(_zip);

        foreach (var name in (string[])["m.ckpt", "m.ckpt_aa", "m.ckpt_ad"])
        {
            using var split = ModelCheckpoint.Open(folder.Of(name));
            TensorAssert.SameTensors(whole.Components[ModelComponent.UNet], split.Components[ModelComponent.UNet]);
        }

        File.Delete(folder.Of("m.ckpt_af"));
        Assert.Contains(
            "last part",
            Assert.Throws<CheckpointFormatException>(() => ModelCheckpoint.Open(folder.Of("m.ckpt"))).Message,
            StringComparison.Ordinal
        );
        File.Delete(folder.Of("m.ckpt_ac"));
        Assert.Contains(
            "part _ac is missing",
            Assert.Throws<CheckpointFormatException>(() => ModelCheckpoint.Open(folder.Of("m.ckpt"))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_LightningCheckpoint_PrefersTheAverageAndReportsTheRest()
    {
        using var averaged = ModelCheckpoint.Open(_zip);
        using var raw = ModelCheckpoint.Open(_zip, preferEma: false);

        Assert.Equal(CheckpointLayout.Lightning, averaged.Layout);
        Assert.True(averaged.HasEma && averaged.UsesEma);
        Assert.True(raw.HasEma && !raw.UsesEma);
        Assert.Equal("22000", averaged.Metadata["global_step"]);
        Assert.Empty(averaged.Keys.Missing);
        Assert.Empty(averaged.Keys.Unrecognised);
        Assert.Equal(1679, averaged.Keys.Mapped.Count + averaged.Keys.Ignored.Count);
        Assert.Contains(averaged.Keys.Ignored, k => k.Name is "model_ema.num_updates");
        Assert.Contains(averaged.Keys.Ignored, k => k.Name is "betas");
        Assert.Contains(
            averaged.Keys.Mapped,
            k => k is { Name: "conv_in.weight", Original: "model_ema.diffusion_modelinput_blocks00weight" }
        );
        using var a = averaged.Components[ModelComponent.UNet].Read("conv_in.weight");
        using var b = raw.Components[ModelComponent.UNet].Read("conv_in.weight");
        Assert.NotEqual(TensorAssert.Bits(a), TensorAssert.Bits(b));
    }

    [Fact]
    public void Open_TrainingState_FindsDotlessNamesOfTheWholeModel()
    {
        using var folder = new TempFolder();
        using var lightning = ModelCheckpoint.Open(_zip);
        using var file = CheckpointFile.Open(_zip);
        using var pickle = new TorchPickleWriter();
        foreach (var key in lightning.Keys.Mapped.Where(k => k.Component == ModelComponent.UNet))
        {
            // The authors average the whole LatentDiffusion: names keep the leading "model".
            using var tensor = file.Read(key.Original);
            pickle.Add(key.Original.Replace("model_ema.", "model", StringComparison.Ordinal), tensor);
        }
        using var decay = tensor(0.9999f);
        pickle.Add("decay", decay);
        var path = folder.Write("state.pth", pickle.ToStateFile());

        using var state = ModelCheckpoint.Open(path);

        Assert.Equal(CheckpointLayout.TrainingState, state.Layout);
        Assert.Equal("195", state.Metadata["epoch"]);
        Assert.Empty(state.Keys.Missing);
        Assert.Empty(state.Keys.Unrecognised);
        TensorAssert.SameTensors(lightning.Components[ModelComponent.UNet], state.Components[ModelComponent.UNet]);
    }

    [Fact]
    public void Open_OldDiffusersAndNewTransformersNames_AreBroughtToTodays()
    {
        using var folder = new TempFolder();
        using var today = ModelCheckpoint.Open(WeightFixtures.Public("diffusers"));
        using var vae = new MappedTensorSource(today.Components[ModelComponent.Vae]);
        foreach (var name in today.Components[ModelComponent.Vae].Tensors.Keys)
        {
            vae.Add(
                name.Replace("to_q", "query", StringComparison.Ordinal)
                    .Replace("to_k", "key", StringComparison.Ordinal)
                    .Replace("to_v", "value", StringComparison.Ordinal)
                    .Replace("to_out.0", "proj_attn", StringComparison.Ordinal),
                name
            );
        }
        using var text = new MappedTensorSource(today.Components[ModelComponent.TextEncoder]);
        foreach (var name in today.Components[ModelComponent.TextEncoder].Tensors.Keys)
        {
            text.Add(name["text_model.".Length..], name);
        }
        Directory.CreateDirectory(folder.Of("vae"));
        Directory.CreateDirectory(folder.Of("text_encoder"));
        Write(vae, folder.Of("vae", "diffusion_pytorch_model.fp16.safetensors"));
        Write(text, folder.Of("text_encoder", "model.safetensors"));

        using var old = ModelCheckpoint.Open(folder.Path);

        TensorAssert.SameTensors(today.Components[ModelComponent.Vae], old.Components[ModelComponent.Vae]);
        TensorAssert.SameTensors(
            today.Components[ModelComponent.TextEncoder],
            old.Components[ModelComponent.TextEncoder]
        );
        Assert.Empty(old.Keys.Missing);
    }

    [Fact]
    public void Open_StrayTensorInsideAComponent_ReachesTheStrictLoader()
    {
        using var folder = new TempFolder();
        using var file = CheckpointFile.Open(_ldm);
        using var more = new MappedTensorSource(file);
        foreach (var name in file.Tensors.Keys)
        {
            more.Add(name, name);
        }
        more.Add("model.diffusion_model.adapter.weight", "model.diffusion_model.out.2.bias");
        more.Add("something.else", "model.diffusion_model.out.2.bias");
        Write(more, folder.Of("m.safetensors"));

        using var checkpoint = ModelCheckpoint.Open(folder.Of("m.safetensors"));

        Assert.True(
            checkpoint.Components[ModelComponent.UNet].Tensors.ContainsKey("model.diffusion_model.adapter.weight")
        );
        Assert.Equal(["model.diffusion_model.adapter.weight", "something.else"], checkpoint.Keys.Unrecognised);
    }

    [Fact]
    public void Open_TensorMissing_IsReportedByComponent()
    {
        using var folder = new TempFolder();
        using var file = CheckpointFile.Open(_ldm);
        using var fewer = new MappedTensorSource(file);
        foreach (var name in file.Tensors.Keys.Where(n => !n.EndsWith("out.2.bias", StringComparison.Ordinal)))
        {
            fewer.Add(name, name);
        }
        Write(fewer, folder.Of("m.safetensors"));

        using var checkpoint = ModelCheckpoint.Open(folder.Of("m.safetensors"));

        Assert.Equal(["unet/conv_out.bias"], checkpoint.Keys.Missing);
    }

    private static void Write(ITensorSource source, string path) =>
        SafetensorsWriter.Write(path, source, cancellationToken: TestContext.Current.CancellationToken);
}
