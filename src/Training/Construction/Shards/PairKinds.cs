namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>What the samples of shards are (<see cref="ShardRecord.Kind"/>).</summary>
internal static class PairKinds
{
    /// <summary>No pair yet: a part of a picture with its mask.</summary>
    public const string Region = "region";

    /// <summary>Something is taken out.</summary>
    public const string Removal = "removal";

    /// <summary>The same the other way round.</summary>
    public const string Addition = "addition";

    /// <summary>Something is exchanged for something else.</summary>
    public const string Replacement = "replacement";

    /// <summary>What people asked for and others did.</summary>
    public const string Web = "web";
}
