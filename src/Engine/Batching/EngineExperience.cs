namespace InstructDiffusion.Engine.Batching;

/// <summary>What an engine has learned and counted; shared by its thread and its queue. Every part is thread-safe.</summary>
internal sealed class EngineExperience(TimeProvider time)
{
    /// <summary>What was done.</summary>
    public EngineCounters Counters { get; } = new();

    /// <summary>What work costs.</summary>
    public CostModel Costs { get; } = new(time);

    /// <summary>What did not fit into the memory.</summary>
    public MemoryBounds Memory { get; } = new(time);

    /// <summary>What broke it.</summary>
    public Quarantine Quarantine { get; } = new(time);
}
