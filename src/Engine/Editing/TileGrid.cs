namespace InstructDiffusion.Engine.Editing;

/// <summary>Cuts a length into equal, overlapping tiles and says how much each position of a tile counts where tiles overlap.</summary>
internal static class TileGrid
{
    /// <summary>Where the tiles begin: evenly spread, overlapping by at least <paramref name="overlap"/>, the last one ending at the end.</summary>
    /// <param name="length">Length to cover.</param>
    /// <param name="tile">Length of a tile; when it covers everything there is one.</param>
    /// <param name="overlap">Least overlap of neighbours, below <paramref name="tile"/>.</param>
    public static IReadOnlyList<long> Starts(long length, long tile, long overlap)
    {
        if (tile >= length)
        {
            return [0];
        }
        long count = (length - overlap + tile - overlap - 1) / (tile - overlap);
        return [.. LongRange(count).Select(i => (i * (length - tile) + (count - 1) / 2) / (count - 1))];
    }

    /// <summary>Weights along one tile: 1 inside, falling linearly to nearly 0 at an edge that another tile overlaps.</summary>
    public static float[] Weights(long tile, long ramp, bool fadeStart, bool fadeEnd)
    {
        var weights = new float[tile];
        for (long i = 0; i < tile; i++)
        {
            float rising = fadeStart ? Math.Min(1, (i + 0.5f) / ramp) : 1;
            float falling = fadeEnd ? Math.Min(1, (tile - i - 0.5f) / ramp) : 1;
            weights[i] = rising * falling;
        }
        return weights;
    }

    private static IEnumerable<long> LongRange(long count)
    {
        for (long i = 0; i < count; i++)
        {
            yield return i;
        }
    }
}
