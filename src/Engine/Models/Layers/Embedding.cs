using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A table of vectors looked up by index.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [rows, features]

    /// <summary>An uninitialised table.</summary>
    public Embedding(int rows, int features, ModelPlacement placement)
        : base(nameof(Embedding))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _weight = placement.Weight(rows, features);
        RegisterComponents();
    }

    /// <summary>[…] int64 indices → […, features].</summary>
    public override Tensor forward(Tensor input) => _weight.index(input);

    /// <inheritdoc/>
    public void Initialize(Generator generator) => _weight.normal_(0, 0.02, generator);
}
