namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A block whose activations may be left out and computed again; see <see cref="ActivationCheckpoint"/>.</summary>
internal interface ICheckpointedBlock
{
    /// <summary>Whether they are, while gradients are recorded.</summary>
    bool Checkpointed { get; set; }
}
