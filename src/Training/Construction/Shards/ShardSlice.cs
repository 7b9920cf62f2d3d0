using System.Globalization;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>Which shards of a stage one machine makes: every <see cref="Of"/>th, beginning with the <see cref="Part"/>th.</summary>
/// <param name="Part">1…<see cref="Of"/>.</param>
/// <param name="Of">Machines, at least 1.</param>
internal readonly record struct ShardSlice(int Part, int Of)
{
    /// <summary>One machine makes all.</summary>
    public static ShardSlice All { get; } = new(1, 1);

    /// <summary>Whether the shard of this number, from 0, is among them.</summary>
    public bool Holds(int shard) => shard % Of == Part - 1;

    /// <summary>Reads <c>2/8</c>.</summary>
    public static bool TryParse(string text, out ShardSlice slice)
    {
        string[] parts = text.Split('/');
        slice =
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int part)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int of)
            && part >= 1
            && part <= of
                ? new ShardSlice(part, of)
                : default;
        return slice.Of > 0;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Part}/{Of}";
}
