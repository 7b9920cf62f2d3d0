namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>Scores of any scale as ranks: 0 for the worst, 1 for the best, evenly spaced.</summary>
internal static class Ranks
{
    /// <summary>
    /// (r − ½) / n, where r = 1 is the smallest of n values; equal values share the mean of their ranks. So the mean of all ranks is
    /// ½, whatever the values are.
    /// </summary>
    /// <param name="values">No NaN; null has no rank and does not count.</param>
    /// <returns>As many; null where there was no value.</returns>
    public static double?[] Of(IReadOnlyList<double?> values)
    {
        int[] order =
        [
            .. Enumerable.Range(0, values.Count).Where(i => values[i] is not null).OrderBy(i => values[i]!.Value),
        ];
        var ranks = new double?[values.Count];
        for (int start = 0; start < order.Length; )
        {
            int end = start + 1;
            while (end < order.Length && values[order[end]] == values[order[start]])
            {
                end++;
            }
            double rank = (start + end) / 2.0 / order.Length; // the mean of start + ½ … end − ½
            foreach (int i in order[start..end])
            {
                ranks[i] = rank;
            }
            start = end;
        }
        return ranks;
    }
}
