using InstructDiffusion.Cli.Pull;

namespace InstructDiffusion.Cli.Tests.Pull;

public sealed class WeightFileNameTests
{
    [Theory]
    [InlineData("model.safetensors", "model", null, "safetensors")]
    [InlineData("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model", "fp16", "safetensors")]
    [InlineData("diffusion_pytorch_model.non_ema.bin", "diffusion_pytorch_model", "non_ema", "bin")]
    [InlineData("model-00001-of-00002.fp16.safetensors", "model", "fp16", "safetensors")]
    [InlineData("model.fp16-00001-of-00002.safetensors", "model", "fp16", "safetensors")]
    [InlineData("model.safetensors.index.json", "model", null, "safetensors")]
    [InlineData("model.safetensors.index.fp16.json", "model", "fp16", "safetensors")]
    [InlineData("pytorch_model.bin.index.json", "pytorch_model", null, "bin")]
    [InlineData("v1.5-pruned-emaonly.ckpt", "v1.5-pruned-emaonly", null, "ckpt")]
    [InlineData("v1-5-pruned-emaonly-adaption-task.ckpt_aa", "v1-5-pruned-emaonly-adaption-task", null, "ckpt")]
    [InlineData("flax_model.msgpack", "flax_model", null, "msgpack")]
    public void Parse_WeightFile_TakesTheNameApart(string name, string stem, string? variant, string form) =>
        Assert.Equal(new WeightFileName(stem, variant, form), WeightFileName.Parse(name));

    [Theory]
    [InlineData("config.json")]
    [InlineData("merges.txt")]
    [InlineData("README.md")]
    [InlineData("LICENSE")]
    [InlineData(".gitattributes")]
    public void Parse_OtherFile_GivesNull(string name) => Assert.Null(WeightFileName.Parse(name));
}
