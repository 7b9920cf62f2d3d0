using System.ComponentModel.DataAnnotations;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Engine</c>: which model is served, and on what.</summary>
internal sealed class ModelOptions
{
    public const string Section = "Engine";

    /// <summary>Model folder or checkpoint file; null serves the small model that comes with the program.</summary>
    public string? Path { get; init; }

    /// <summary>Where components come from that the model at <see cref="Path"/> lacks (autoencoder, text encoder); null for none.</summary>
    public string? BasePath { get; init; }

    /// <summary>The model's guidance family, where neither its sidecar nor its name tells; null = find out.</summary>
    public GuidanceFamily? Family { get; init; }

    /// <summary>Threads of the CPU engine; null = all cores.</summary>
    [Range(1, 1024)]
    public int? Threads { get; init; }

    /// <summary>Compute with libtorch's own convolutions: slower on the CPU, with less memory.</summary>
    public bool PlainKernels { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [RegularExpression("^(cpu|cuda(:[0-9]+)?)$", ErrorMessage = "Engine:Device must be cpu, cuda or cuda:N.")]
    public string Device { get; init; } = "cpu";

    /// <summary><c>fp32</c>, <c>fp16</c> or <c>bf16</c>.</summary>
    [AllowedValues("fp32", "fp16", "bf16", ErrorMessage = "Engine:Precision must be fp32, fp16 or bf16.")]
    public string Precision { get; init; } = "fp32";

    /// <summary>Seconds without a sign of life from the engine after which the server is not ready; a step on a slow CPU takes many.</summary>
    [Range(1, 86_400)]
    public int StallSeconds { get; init; } = 300;
}
