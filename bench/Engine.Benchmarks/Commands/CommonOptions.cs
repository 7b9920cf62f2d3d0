using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Native;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    public static Option<string?> Model() =>
        new("--model") { Description = "Model folder. Default: a random one, made for this run.", HelpName = "folder" };

    public static Option<string> Size() =>
        new Option<string>("--size")
        {
            Description = "Size of the random model: real (Stable Diffusion 1.5, 4.3 GB as fp32) or tiny.",
            DefaultValueFactory = static _ => ModelShape.Tiny.Name,
        }.AcceptOnlyFromAmong([.. ModelShape.ByName.Keys]);

    public static Option<int> Threads() =>
        Number("--threads", "Threads for the arithmetic; 0 = one for each core.", 0, 0, 1024);

    public static Option<int[]> Latent()
    {
        var option = new Option<int[]>("--latent")
        {
            Description =
                "Sides of the latents, an eighth of the picture's; several may be given. 32 is 256 pixels, 64 is 512.",
            HelpName = "sides",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = static _ => [32],
        };
        option.Validators.Add(result =>
        {
            foreach (int side in result.GetValueOrDefault<int[]>() ?? [])
            {
                Require(result, "--latent", side, 8, 256);
                if (side % 8 != 0)
                {
                    result.AddError($"--latent must be a multiple of 8, got {side}");
                }
            }
        });
        return option;
    }

    public static Option<string?> Output() =>
        new("--output")
        {
            Description = "Markdown file to write the results to, beside printing them.",
            HelpName = "file",
        };

    /// <summary>A whole number in a range.</summary>
    public static Option<int> Number(string name, string description, int standard, int least, int most)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "count",
            DefaultValueFactory = _ => standard,
        };
        option.Validators.Add(result => Require(result, name, result.GetValueOrDefault<int>(), least, most));
        return option;
    }

    /// <summary>Reports a number out of range, which is the user's mistake.</summary>
    public static void Require(SymbolResult result, string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            result.AddError($"{name} must be between {least} and {most}, got {value}");
        }
    }

    /// <summary>WIDTHxHEIGHT, e.g. 512x512; null when the text is something else.</summary>
    public static ImageSize? ParseSize(string text) =>
        text.Split('x') is [var width, var height] && Side(width) is { } w && Side(height) is { } h
            ? new ImageSize(w, h)
            : null;

    /// <summary>Loads libtorch and sets its threads.</summary>
    public static void StartLibtorch(int threads)
    {
        Libtorch.Load();
        if (threads > 0)
        {
            set_num_threads(threads);
        }
    }

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side > 0 ? side : null;
}
