namespace InstructDiffusion.Engine.Vision;

/// <summary>Numbers from 0 on in sets that can be joined, in nearly constant time.</summary>
internal sealed class DisjointSets(int count)
{
    private readonly int[] _parents = [.. Enumerable.Range(0, count)];

    /// <summary>The number that stands for the set of <paramref name="item"/>: the smallest in it.</summary>
    public int Find(int item)
    {
        while (_parents[item] != item)
        {
            _parents[item] = _parents[_parents[item]];
            item = _parents[item];
        }
        return item;
    }

    /// <summary>Makes the sets of two numbers one.</summary>
    public void Join(int one, int other)
    {
        int first = Find(one);
        int second = Find(other);
        // The smallest stands for all, so that the result does not depend on the order of the joins.
        _parents[Math.Max(first, second)] = Math.Min(first, second);
    }
}
