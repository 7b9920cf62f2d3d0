namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>The smallest distances of several pictures, kept while a gallery passes by.</summary>
/// <param name="rows">Pictures.</param>
/// <param name="most">Distances kept of each.</param>
/// <param name="least">Distances up to this one do not count: they are of copies.</param>
internal sealed class NearestDistances(int rows, int most, double least)
{
    private readonly float[] _kept = new float[rows * most]; // ascending within a row
    private readonly int[] _counts = new int[rows];

    /// <summary>Looks at the distances to some pictures of the gallery: as many for each row.</summary>
    /// <param name="distances">Row by row.</param>
    public void Add(ReadOnlySpan<float> distances)
    {
        int columns = distances.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            foreach (float distance in distances.Slice(row * columns, columns))
            {
                Add(row, distance);
            }
        }
    }

    /// <summary>The smallest ones of a row, ascending.</summary>
    public ReadOnlySpan<float> Of(int row) => _kept.AsSpan(row * most, _counts[row]);

    private void Add(int row, float distance)
    {
        Span<float> kept = _kept.AsSpan(row * most, most);
        ref int count = ref _counts[row];
        bool isNear = count < most || distance < kept[count - 1];
        if (!isNear || !(distance > least))
        {
            return;
        }
        int place = count < most ? count++ : count - 1;
        while (place > 0 && kept[place - 1] > distance)
        {
            kept[place] = kept[place - 1];
            place--;
        }
        kept[place] = distance;
    }
}
