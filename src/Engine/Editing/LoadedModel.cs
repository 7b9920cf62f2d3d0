namespace InstructDiffusion.Engine.Editing;

/// <summary>A model ready to edit. Loaded, used and disposed on one thread, the one that owns the device.</summary>
/// <param name="pipeline">Its three calls.</param>
/// <param name="description">What it is, for people and programs.</param>
/// <param name="owner">Owns the weights; disposed with this.</param>
public sealed class LoadedModel(IEditPipeline pipeline, ModelDescription description, IDisposable owner) : IDisposable
{
    /// <summary>Its three calls.</summary>
    public IEditPipeline Pipeline { get; } = pipeline;

    /// <summary>What it is, for people and programs.</summary>
    public ModelDescription Description { get; } = description;

    /// <summary>What the pipeline remembers of texts and pictures; null when it remembers none. Disposed with this.</summary>
    public ConditioningCache? Cache { get; init; }

    /// <summary>Frees the weights, and what is remembered.</summary>
    public void Dispose()
    {
        Cache?.Dispose();
        owner.Dispose();
    }
}
