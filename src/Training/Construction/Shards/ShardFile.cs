using System.Globalization;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// Where a shard lies: its samples in a tar file, the records of all its items, rejected ones too, in a file of JSON lines beside
/// it. The tar file gets its name last: where it is, the shard is complete.
/// </summary>
/// <param name="Folder">Of the stage.</param>
/// <param name="Number">From 0.</param>
internal readonly record struct ShardFile(string Folder, int Number)
{
    /// <summary>The samples.</summary>
    public string Samples => Path.Combine(Folder, Name + ".tar");

    /// <summary>The records.</summary>
    public string Records => Path.Combine(Folder, Name + ".jsonl");

    /// <summary>Whether it was finished.</summary>
    public bool IsComplete => File.Exists(Samples) && File.Exists(Records);

    private string Name => Number.ToString("D6", CultureInfo.InvariantCulture);
}
