using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.KServe;

/// <summary>What a model takes and gives.</summary>
internal sealed record KServeModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What runs it.</summary>
    public required string Platform { get; init; }

    /// <summary>What it takes.</summary>
    public required IReadOnlyList<KServeTensor> Inputs { get; init; }

    /// <summary>What it gives.</summary>
    public required IReadOnlyList<KServeTensor> Outputs { get; init; }

    /// <summary>Describes a model: files and texts, which the protocol calls BYTES.</summary>
    public static KServeModel Of(ModelDescription model) =>
        new()
        {
            Name = model.Name,
            Platform = "instructdiffusion_torchsharp",
            Inputs = [new KServeTensor("image", "BYTES", [1]), new KServeTensor("instruction", "BYTES", [1])],
            Outputs = [new KServeTensor("image", "BYTES", [1])],
        };
}

/// <summary>An input or an output.</summary>
/// <param name="Name">As the field of POST /v1/edits.</param>
/// <param name="Datatype">The protocol's name of the type.</param>
/// <param name="Shape">Its sides.</param>
internal sealed record KServeTensor(string Name, string Datatype, IReadOnlyList<long> Shape);
