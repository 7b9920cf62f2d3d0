namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>The best of what it is shown, in order.</summary>
/// <param name="most">How many.</param>
internal sealed class NearestList(int most)
{
    private readonly List<Neighbour> _best = new(most + 1);

    /// <summary>What is kept, the nearest first.</summary>
    public IReadOnlyList<Neighbour> Best => _best;

    /// <summary>Keeps it if it is near enough.</summary>
    public void Offer(Neighbour candidate)
    {
        if (_best.Count == most && Compare(candidate, _best[^1]) >= 0)
        {
            return;
        }
        int place = _best.Count;
        while (place > 0 && Compare(candidate, _best[place - 1]) < 0)
        {
            place--;
        }
        _best.Insert(place, candidate);
        if (_best.Count > most)
        {
            _best.RemoveAt(most);
        }
    }

    private static int Compare(Neighbour one, Neighbour two) =>
        one.Similarity == two.Similarity ? one.Index.CompareTo(two.Index) : two.Similarity.CompareTo(one.Similarity);
}
