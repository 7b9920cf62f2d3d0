using System.Diagnostics.Metrics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Observability;

/// <summary>How often work was saved because the same had been asked for before.</summary>
internal sealed class CacheMetrics
{
    private readonly SeriesCounter _requests;
    private volatile ConditioningCache? _conditioning;

    public CacheMetrics(IMeterFactory meters, ResultCache results)
    {
        Meter meter = meters.Create(Telemetry.Name);
        _requests = new SeriesCounter(
            meter,
            "idiff.cache.requests",
            "{request}",
            "Edits that an equal one could have served, by where their result came from.",
            ["result"],
            Label<CacheOutcome>.All.Select(outcome => new string?[] { outcome })
        );
        meter.CreateObservableGauge(
            "idiff.cache.results.size",
            () => results.Bytes,
            "By",
            "Finished pictures remembered."
        );
        meter.CreateObservableGauge(
            "idiff.cache.conditioning.size",
            Sizes,
            "By",
            "Encoded texts and source pictures remembered."
        );
        meter.CreateObservableCounter(
            "idiff.cache.conditioning.requests",
            Requests,
            "{request}",
            "Texts and source pictures that the engine needed encoded."
        );
    }

    /// <summary>An edit got its result, or its run, from here.</summary>
    public void Count(CacheOutcome outcome) => _requests.Add(Label<CacheOutcome>.Of(outcome));

    /// <summary>The same way to load a model; what the loaded model remembers is measured from then on.</summary>
    public LoadModel Watching(LoadModel load) =>
        cancellationToken =>
        {
            LoadedModel model = load(cancellationToken);
            _conditioning = model.Cache;
            return model;
        };

    private IEnumerable<Measurement<long>> Sizes()
    {
        if (_conditioning is { } cache)
        {
            yield return new Measurement<long>(cache.Texts.Bytes, Kind("text"));
            yield return new Measurement<long>(cache.Sources.Bytes, Kind("source"));
        }
    }

    private IEnumerable<Measurement<long>> Requests()
    {
        if (_conditioning is { } cache)
        {
            yield return new Measurement<long>(cache.Texts.Hits, Kind("text"), Result("hit"));
            yield return new Measurement<long>(cache.Texts.Misses, Kind("text"), Result("miss"));
            yield return new Measurement<long>(cache.Sources.Hits, Kind("source"), Result("hit"));
            yield return new Measurement<long>(cache.Sources.Misses, Kind("source"), Result("miss"));
        }
    }

    private static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);

    private static KeyValuePair<string, object?> Result(string result) => new("result", result);
}
