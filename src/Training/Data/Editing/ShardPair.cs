using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>The members of a pair of InstructPix2Pix's shards.</summary>
/// <param name="Name">Of its prompt.</param>
/// <param name="Seed">Of its pictures.</param>
/// <param name="Prompt">prompt.json.</param>
/// <param name="Source">The picture before.</param>
/// <param name="Target">The picture after.</param>
internal sealed record ShardPair(string Name, string Seed, ShardMember Prompt, ShardMember Source, ShardMember Target)
{
    /// <summary>As the authors' filter names it.</summary>
    public override string ToString() => $"{Name}/{Seed}";
}

/// <summary>A member and the shard it is in.</summary>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Member">Of its directory.</param>
internal readonly record struct ShardMember(int Shard, ZipMember Member)
{
    /// <summary>Its bytes.</summary>
    /// <param name="shards">The shards' paths.</param>
    /// <param name="most">Longest that is unpacked, bytes.</param>
    /// <exception cref="BrokenSampleException">It is too long or damaged.</exception>
    public byte[] Read(IReadOnlyList<string> shards, long most) => Member.Read(shards[Shard], most);
}
