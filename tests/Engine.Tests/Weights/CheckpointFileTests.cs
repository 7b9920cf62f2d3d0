using System.Text;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights;

public sealed class CheckpointFileTests
{
    [Fact]
    public void Open_ShardedModel_ShowsEveryTensorOnce()
    {
        using var folder = new TempFolder();
        using var whole = CheckpointFile.Open(WeightFixtures.Public("diffusers", "vae"));
        var index = Shard(folder, whole, "model-{0}-of-2.safetensors");

        using var byIndex = CheckpointFile.Open(index);
        using var byFolder = CheckpointFile.Open(folder.Path);

        TensorAssert.SameTensors(whole, byIndex);
        TensorAssert.SameTensors(whole, byFolder);
    }

    [Theory]
    [InlineData("../model-{0}-of-2.safetensors")]
    [InlineData("sub/model-{0}-of-2.safetensors")]
    [InlineData("/tmp/model-{0}")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("missing.safetensors")]
    public void Open_IndexNamingFilesElsewhere_Refuses(string shard)
    {
        using var folder = new TempFolder();
        var path = folder.Write(
            "model.safetensors.index.json",
            Encoding.UTF8.GetBytes("{\"weight_map\":{\"a\":\"" + shard + "\"}}")
        );

        Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""{"weight_map":{"a":5}}""")]
    [InlineData("""{"weight_map":{"a":"model.safetensors.index.json"}}""")]
    [InlineData("{")]
    public void Open_MalformedIndex_Refuses(string json)
    {
        using var folder = new TempFolder();
        var path = folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));

        Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));
    }

    [Fact]
    public void Open_ShardWithoutItsTensor_NamesBoth()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var one = new NamedTensors("one") { { "a", zeros(1) } };
        SafetensorsWriter.Write(folder.Of("s"), one, cancellationToken: TestContext.Current.CancellationToken);
        var path = folder.Write("i.json", """{"weight_map":{"a":"s","b":"s"}}"""u8);

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains("'b' is not in", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("<!DOCTYPE html><html>", "it is a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid", "git-lfs pointer")]
    [InlineData("hello", "neither safetensors nor a torch file")]
    [InlineData("PK\u0003\u0004", "end of its zip archive is missing")]
    public void Open_SomethingElse_SaysWhatItIs(string content, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.Write("model.ckpt", Encoding.Latin1.GetBytes(content));

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Nothing_SaysWhatIsMissing()
    {
        using var folder = new TempFolder();

        Assert.Throws<FileNotFoundException>(() => CheckpointFile.Open(folder.Of("none.ckpt")));
        Assert.Contains(
            "no weights in it",
            Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "a whole model",
            Assert
                .Throws<CheckpointFormatException>(() => CheckpointFile.Open(WeightFixtures.Public("diffusers")))
                .Message,
            StringComparison.Ordinal
        );
        Assert.Throws<CheckpointFormatException>(() => ModelCheckpoint.Open(folder.Path));
        Assert.Contains(
            "has an ldm name",
            Assert
                .Throws<CheckpointFormatException>(() =>
                    ModelCheckpoint.Open(WeightFixtures.Public("unet_tiny.safetensors"))
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    private static string Shard(TempFolder folder, ITensorSource whole, string pattern)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            using var part = new MappedTensorSource(whole);
            var file = pattern.Replace("{0}", $"{i + 1}", StringComparison.Ordinal);
            foreach (var name in whole.Tensors.Keys.Where((_, n) => n % 2 == i))
            {
                part.Add(name, name);
                map.Add(name, file);
            }
            SafetensorsWriter.Write(folder.Of(file), part, cancellationToken: TestContext.Current.CancellationToken);
        }
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            new { metadata = new { total_size = 1 }, weight_map = map }
        );
        return folder.Write("model.safetensors.index.json", json);
    }
}
