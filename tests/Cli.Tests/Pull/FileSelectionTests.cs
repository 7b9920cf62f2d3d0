using InstructDiffusion.Cli.Pull;

namespace InstructDiffusion.Cli.Tests.Pull;

public sealed class FileSelectionTests
{
    private static readonly string[] Diffusers =
    [
        ".gitattributes",
        "README.md",
        "LICENSE.txt",
        "model_index.json",
        "instructdiffusion.json",
        "instruct-pix2pix-00-22000.ckpt",
        "instruct-pix2pix-00-22000.safetensors",
        "imgs/example.png",
        "feature_extractor/preprocessor_config.json",
        "safety_checker/config.json",
        "safety_checker/model.safetensors",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "text_encoder/pytorch_model.bin",
        "text_encoder/flax_model.msgpack",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.bin",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "unet/diffusion_pytorch_model.fp16.bin",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.bin",
    ];

    private static readonly string[] Descriptions =
    [
        "LICENSE.txt",
        "README.md",
        "instructdiffusion.json",
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "vae/config.json",
    ];

    [Fact]
    public void Choose_DiffusersFolder_TakesEachWeightOnceInItsBestForm() =>
        AssertChosen(
            new FileSelection(),
            Diffusers,
            [
                .. Descriptions,
                "text_encoder/model.safetensors",
                "unet/diffusion_pytorch_model.safetensors",
                "vae/diffusion_pytorch_model.bin",
            ]
        );

    [Fact]
    public void Choose_Variant_TakesItWhereThereIsOne() =>
        AssertChosen(
            new FileSelection { Variant = "fp16" },
            Diffusers,
            [
                .. Descriptions,
                "text_encoder/model.safetensors",
                "unet/diffusion_pytorch_model.fp16.safetensors",
                "vae/diffusion_pytorch_model.bin",
            ]
        );

    [Fact]
    public void Choose_VariantNobodyOffers_NamesTheOthers()
    {
        var failure = Assert.Throws<CommandException>(() =>
            new FileSelection { Variant = "int8" }.Choose(Files(Diffusers))
        );

        Assert.Contains("fp16, non_ema", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_ExcludedForm_TakesTheNextBest() =>
        Assert.Contains(
            "text_encoder/pytorch_model.bin",
            new FileSelection { Exclude = ["*.safetensors"] }
                .Choose(Files(Diffusers))
                .Select(file => file.Path)
        );

    [Fact]
    public void Choose_Shards_TakesAllOfThemAndTheirIndex() =>
        AssertChosen(
            new FileSelection(),
            [
                "model_index.json",
                "unet/model-00001-of-00002.safetensors",
                "unet/model-00002-of-00002.safetensors",
                "unet/model.safetensors.index.json",
                "unet/pytorch_model.bin",
            ],
            [
                "model_index.json",
                "unet/model-00001-of-00002.safetensors",
                "unet/model-00002-of-00002.safetensors",
                "unet/model.safetensors.index.json",
            ]
        );

    [Fact]
    public void Choose_Include_TakesExactlyWhatMatches() =>
        AssertChosen(
            new FileSelection { Include = ["safety_checker/*", "*.png"], Exclude = ["*.safetensors"] },
            Diffusers,
            ["imgs/example.png", "safety_checker/config.json"]
        );

    [Fact]
    public void Choose_OneCheckpointInTwoForms_TakesSafetensors() =>
        AssertChosen(
            new FileSelection(),
            ["README.md", "model.ckpt", "model.safetensors", "logs/events.txt"],
            ["README.md", "model.safetensors"]
        );

    [Fact]
    public void Choose_CheckpointInParts_TakesAllParts() =>
        AssertChosen(
            new FileSelection(),
            ["a-task.ckpt_aa", "a-task.ckpt_ab", "a-task.ckpt_ac"],
            ["a-task.ckpt_aa", "a-task.ckpt_ab", "a-task.ckpt_ac"]
        );

    [Fact]
    public void Choose_SeveralCheckpoints_AsksTheUser()
    {
        var failure = Assert.Throws<CommandException>(() =>
            new FileSelection().Choose(Files(["pruned.ckpt", "full.ckpt"]))
        );

        Assert.Contains("--include", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pruned.ckpt", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_NothingLeft_Fails() =>
        Assert.Throws<CommandException>(() => new FileSelection { Include = ["*.onnx"] }.Choose(Files(Diffusers)));

    private static void AssertChosen(FileSelection selection, string[] offered, string[] expected) =>
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            selection.Choose(Files(offered)).Select(file => file.Path).Order(StringComparer.Ordinal)
        );

    private static HubFile[] Files(string[] paths) => [.. paths.Select(path => new HubFile { Path = path, Size = 1 })];
}
