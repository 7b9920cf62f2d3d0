namespace InstructDiffusion.Training.Reporting;

/// <summary>One line of a <see cref="CurvePlot"/>.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">From left to right. Points that are NaN or infinite interrupt the line.</param>
public sealed record CurveSeries(string Name, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Loss of a run, and of each of its tasks, by step; each point the mean of the steps around it.</summary>
    /// <param name="records">A step log, in order.</param>
    /// <param name="points">Most points a line.</param>
    public static IReadOnlyList<CurveSeries> Losses(IEnumerable<StepRecord> records, int points = 200)
    {
        ArgumentNullException.ThrowIfNull(records);
        var all = new List<(double, double)>();
        var byTask = new SortedDictionary<string, List<(double, double)>>(StringComparer.Ordinal);
        foreach (StepRecord record in records)
        {
            all.Add((record.Step, record.Loss));
            foreach ((string task, double loss) in record.LossByTask)
            {
                if (!byTask.TryGetValue(task, out List<(double, double)>? ofTask))
                {
                    byTask.Add(task, ofTask = []);
                }
                ofTask.Add((record.Step, loss));
            }
        }
        // With a single task its line would be the whole's.
        IEnumerable<CurveSeries> tasks =
            byTask.Count > 1 ? byTask.Select(task => new CurveSeries(task.Key, task.Value)) : [];
        return [.. tasks.Prepend(new CurveSeries("all", all)).Select(series => series.Smoothed(points))];
    }

    /// <summary>The same line with at most so many points: each is the mean of its share of the old ones.</summary>
    public CurveSeries Smoothed(int points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        if (Points.Count <= points)
        {
            return this;
        }
        var means = new (double, double)[points];
        for (int i = 0; i < points; i++)
        {
            int from = (int)((long)Points.Count * i / points);
            int to = (int)((long)Points.Count * (i + 1) / points);
            (double x, double y) = (0, 0);
            for (int at = from; at < to; at++)
            {
                x += Points[at].X / (to - from);
                y += Points[at].Y / (to - from);
            }
            means[i] = (x, y);
        }
        return this with { Points = means };
    }
}
