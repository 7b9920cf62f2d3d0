using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A layer that owns weights and knows how to fill them for training from scratch.</summary>
public interface IInitializable
{
    /// <summary>Fills the weights as PyTorch's layer of that name does by default.</summary>
    void Initialize(Generator generator);
}
