using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Tests.Running;

/// <summary>Runs that take a second: the reference model's parts, pictures of 16x16, batches of four.</summary>
internal static class TinyRun
{
    public const int Resolution = 16;

    public static string ReferenceModel => Path.Combine(AppContext.BaseDirectory, "models", "reference");

    /// <summary>Fine-tunes the reference model, whose four-level UNet sees latents of 8x8 at 64 pixels.</summary>
    public static TrainingRecipe Task(long steps, params string[] overrides) =>
        RecipeFile.Parse(
            $$"""
            {
              "name": "tiny", "stage": "task", "seed": 5,
              "model": { "start": "{{ReferenceModel.Replace('\\', '/')}}" },
              "data": { "resolution": 64, "sources": [{ "kind": "demo", "path": "squares" }],
                        "validation": { "kind": "demo", "path": "squares" } },
              "optimization": { "steps": {{steps}}, "batch_size": 4, "micro_batch_size": 2, "workers": 2,
                                "learning_rate": 0.001, "ema_decay": 0.9, "clip_norm": 1 },
              "run": { "checkpoint_every": 1000 }
            }
            """,
            "tiny.json",
            overrides
        );

    public static TrainingRecipe Autoencoder(long steps, params string[] overrides) =>
        RecipeFile.Parse(
            $$"""
            {
              "name": "tiny-vae", "stage": "autoencoder", "seed": 5,
              "model": { "architecture": { "vae": { "latent_channels": 4, "block_out_channels": [8, 8], "layers_per_block": 1,
                "norm_num_groups": 4, "scaling_factor": 1.0,
                "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
                "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"] } } },
              "data": { "resolution": {{Resolution}}, "sources": [{ "kind": "demo", "path": "squares" }] },
              "optimization": { "steps": {{steps}}, "batch_size": 4, "micro_batch_size": 2, "workers": 2,
                                "learning_rate": 0.003, "ema_decay": 0.9 },
              "run": { "checkpoint_every": 1000 }
            }
            """,
            "tiny-vae.json",
            overrides
        );

    /// <summary>Trains in a folder; what is said is returned.</summary>
    public static (bool Finished, IReadOnlyList<string> Said) Train(
        TrainingRecipe recipe,
        string folder,
        Func<int, IEditDataset>? open = null,
        bool acceptChanges = false,
        CancellationToken stop = default
    )
    {
        var said = new List<string>();
        using var output = new StringWriter();
        var line = new ProgressLine(output, terminal: null, TimeProvider.System, TimeSpan.FromHours(1));
        var run = new TrainingRun(
            recipe,
            new RunFolder(folder),
            line,
            message =>
            {
                lock (said)
                {
                    said.Add(message);
                }
            },
            (_, resolution) => open?.Invoke(resolution) ?? new SquaresDataset(resolution)
        );
        return (run.Run(acceptChanges, stop), said);
    }

    /// <summary>Every file of a checkpoint but its manifest, whose time differs.</summary>
    public static IReadOnlyDictionary<string, string> Hashes(string folder, long step)
    {
        string path = Path.Combine(folder, "checkpoints", $"step-{step:D9}");
        return Directory
            .EnumerateFiles(path, "*.safetensors")
            .ToDictionary(
                file => Path.GetFileName(file),
                file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))),
                StringComparer.Ordinal
            );
    }
}
