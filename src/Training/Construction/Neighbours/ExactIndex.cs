namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>Compares with every vector.</summary>
/// <param name="table">The vectors.</param>
internal sealed class ExactIndex(FeatureTable table) : INeighbourIndex
{
    /// <inheritdoc/>
    public IReadOnlyList<Neighbour> Search(ReadOnlySpan<float> query, int count)
    {
        var nearest = new NearestList(count);
        for (int i = 0; i < table.Count; i++)
        {
            nearest.Offer(new Neighbour(i, Vectors.Dot(query, table.Row(i))));
        }
        return nearest.Best;
    }
}
