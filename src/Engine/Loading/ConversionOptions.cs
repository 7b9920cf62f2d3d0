using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Loading;

/// <summary>How to convert a checkpoint.</summary>
public sealed record ConversionOptions
{
    /// <summary>What to make.</summary>
    public required ConversionTarget Target { get; init; }

    /// <summary>Type of floating-point weights: Float32, Float16 or BFloat16; null keeps each as it is.</summary>
    public ScalarType? FloatType { get; init; }

    /// <summary>Which UNet weights.</summary>
    public EmaChoice Ema { get; init; } = EmaChoice.Auto;

    /// <summary>What the tensors do not show, for checkpoints that come without configurations.</summary>
    public ComponentHints Hints { get; init; } = new();

    /// <summary>Folder with vocab.json and merges.txt; null: the input's own, or CLIP's where the vocabulary has its size.</summary>
    public string? TokenizerFolder { get; init; }

    /// <summary>The sidecar to write; null: the input's own, or that of the published model it is named after.</summary>
    public ModelSidecar? Sidecar { get; init; }

    /// <summary>Replace an output that exists.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Told the progress after each tensor.</summary>
    public IProgress<ConversionProgress>? Progress { get; init; }
}

/// <summary>What a conversion makes.</summary>
public enum ConversionTarget
{
    /// <summary>A diffusers folder with configurations, tokenizer, scheduler and sidecar.</summary>
    Diffusers,

    /// <summary>One safetensors file in ldm names, with the sidecar beside it.</summary>
    Ldm,
}

/// <summary>Which UNet weights a conversion takes from a training checkpoint.</summary>
public enum EmaChoice
{
    /// <summary>The average where there is one.</summary>
    Auto,

    /// <summary>The average; an error where there is none.</summary>
    Average,

    /// <summary>The raw weights.</summary>
    Raw,
}

/// <summary>How far a conversion is.</summary>
/// <param name="BytesDone">Bytes of weights written.</param>
/// <param name="BytesTotal">Bytes of weights to write.</param>
public sealed record ConversionProgress(long BytesDone, long BytesTotal);

/// <summary>What a conversion did.</summary>
/// <param name="Output">The file or folder made.</param>
/// <param name="Keys">What became of every tensor of the input.</param>
/// <param name="Notes">What the output lacks, in words.</param>
public sealed record ConversionReport(string Output, KeyReport Keys, IReadOnlyList<string> Notes);
