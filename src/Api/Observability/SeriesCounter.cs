using System.Diagnostics.Metrics;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// A counter whose labels' values are known beforehand. All of them are reported from the start, so that a rate over one that
/// has not happened yet is 0 and not absent, and no other can be made. Thread-safe.
/// </summary>
internal sealed class SeriesCounter
{
    private readonly Dictionary<string, Series> _series;

    /// <summary>A counter of these series.</summary>
    /// <param name="meter">Whose instrument it is.</param>
    /// <param name="name">The instrument's name.</param>
    /// <param name="unit">What is counted, in braces.</param>
    /// <param name="description">What a person should know.</param>
    /// <param name="labels">Names of the labels.</param>
    /// <param name="series">For each series a value of each label, null where it has no such label.</param>
    public SeriesCounter(
        Meter meter,
        string name,
        string unit,
        string description,
        IReadOnlyList<string> labels,
        IEnumerable<string?[]> series
    )
    {
        _series = series.ToDictionary(KeyOf, values => new Series(labels, values), StringComparer.Ordinal);
        meter.CreateObservableCounter(
            name,
            () => _series.Values.Select(one => new Measurement<long>(one.Count, one.Tags)),
            unit,
            description
        );
    }

    /// <summary>Counts.</summary>
    /// <param name="values">A value of each label, as one of the series has them.</param>
    public void Add(params string?[] values) => _series[KeyOf(values)].Increment();

    private static string KeyOf(string?[] values) => string.Join('\n', values);

    private sealed class Series(IReadOnlyList<string> labels, string?[] values)
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public KeyValuePair<string, object?>[] Tags { get; } =
        [
            .. labels
                .Zip(values)
                .Where(pair => pair.Second is not null)
                .Select(pair => KeyValuePair.Create(pair.First, (object?)pair.Second)),
        ];

        public void Increment() => Interlocked.Increment(ref _count);
    }
}
