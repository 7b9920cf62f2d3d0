namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>A sample of a shard.</summary>
/// <param name="Record">What is known of it.</param>
/// <param name="Members">Its files; none where it is rejected.</param>
internal sealed record ShardSample(ShardRecord Record, params IReadOnlyList<ShardMember> Members);

/// <summary>A file of a sample.</summary>
/// <param name="Ending">The name behind the sample's, e.g. <see cref="Source"/>; the format stands last.</param>
/// <param name="Bytes">The file.</param>
internal sealed record ShardMember(string Ending, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Ending of the picture before.</summary>
    public const string Source = "src.png";

    /// <summary>Ending of the picture after.</summary>
    public const string Target = "tgt.png";

    /// <summary>Ending of the mask: a grey PNG, white where something changes, of the size of the sample's pictures.</summary>
    public const string Mask = "mask.png";

    /// <summary>Ending of the record.</summary>
    public const string Record = "json";
}
