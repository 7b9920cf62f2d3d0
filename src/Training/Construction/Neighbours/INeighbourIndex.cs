namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>Finds what lies close. Any number of threads may ask at once.</summary>
internal interface INeighbourIndex
{
    /// <summary>The nearest vectors, the nearest first; of equally near ones the first in the table.</summary>
    /// <param name="query">Of length 1.</param>
    /// <param name="count">How many at most.</param>
    IReadOnlyList<Neighbour> Search(ReadOnlySpan<float> query, int count);
}

/// <summary>A vector that was found.</summary>
/// <param name="Index">Its row.</param>
/// <param name="Similarity">Its cosine with the query, −1…1.</param>
internal readonly record struct Neighbour(int Index, float Similarity);
