using System.Text.RegularExpressions;

namespace InstructDiffusion.Cli.Pull;

/// <summary>
/// A weight file's name taken apart: <c>diffusion_pytorch_model.fp16-00001-of-00002.safetensors</c> is the form
/// safetensors of variant fp16 of the stem diffusion_pytorch_model.
/// </summary>
/// <param name="Stem">The name without variant, shard and form.</param>
/// <param name="Variant">E.g. fp16 or non_ema; null for the plain one.</param>
/// <param name="Form">The ending, e.g. safetensors.</param>
internal sealed partial record WeightFileName(string Stem, string? Variant, string Form)
{
    /// <summary>Endings of weights the engine reads, best first: safetensors hold no code and are mapped into memory.</summary>
    public static readonly string[] ReadableForms = ["safetensors", "bin", "ckpt", "pth", "pt"];

    private static readonly HashSet<string> OtherForms = new(StringComparer.OrdinalIgnoreCase)
    {
        "msgpack",
        "h5",
        "onnx",
        "onnx_data",
        "pb",
        "tflite",
        "mlmodel",
        "gguf",
        "ot",
    };

    /// <summary>Whether it holds weights of a form the engine reads.</summary>
    public bool IsReadable => ReadableForms.Contains(Form, StringComparer.Ordinal);

    /// <returns>Null when <paramref name="fileName"/> is no weight file, nor the index of one.</returns>
    public static WeightFileName? Parse(string fileName)
    {
        Match index = IndexForm().Match(fileName);
        if (index.Success)
        {
            return Of(index);
        }
        Match match = NameForm().Match(fileName);
        if (!match.Success)
        {
            return null;
        }
        string form = match.Groups["form"].Value;
        bool isWeights = ReadableForms.Contains(form, StringComparer.Ordinal) || OtherForms.Contains(form);
        return isWeights ? Of(match) : null;
    }

    private static WeightFileName Of(Match match) =>
        new(
            match.Groups["stem"].Value,
            match.Groups["variant"] is { Success: true } variant ? variant.Value : null,
            match.Groups["form"].Value
        );

    // The variant is one of the known words: names like v1.5-pruned.ckpt have dots of their own. A six-part download
    // keeps its part's letters in the stem's place of the form: model.ckpt_aa.
    [GeneratedRegex(
        @"^(?<stem>.+?)(\.(?<variant>fp16|bf16|fp32|fp8|non_ema|ema|int8))?(-\d{5}-of-\d{5})?(\.(?<variant>fp16|bf16|fp32|fp8|non_ema|ema|int8))?\.(?<form>[a-z0-9_]+?)(_[a-z]{2})?$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NameForm();

    [GeneratedRegex(
        @"^(?<stem>.+?)(\.(?<variant>fp16|bf16|fp32|fp8|non_ema|ema|int8))?\.(?<form>safetensors|bin)\.index(\.(?<variant>fp16|bf16|fp32|fp8|non_ema|ema|int8))?\.json$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex IndexForm();
}
