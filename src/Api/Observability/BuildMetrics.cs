using System.Diagnostics.Metrics;
using System.Reflection;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Observability;

/// <summary>What runs here, as the labels of a gauge that is always 1.</summary>
internal sealed class BuildMetrics
{
    public BuildMetrics(IMeterFactory meters, EngineLoop engine, WeightsDigest weights, IOptions<ModelOptions> model) =>
        meters
            .Create(Telemetry.Name)
            .CreateObservableGauge(
                "idiff.build.info",
                () => Describe(engine.Status.Model, weights, model.Value.Device),
                "{build}",
                "What runs here."
            );

    /// <summary>The program's version.</summary>
    public static string Version => Parts[0];

    /// <summary>The commit it was built from; empty when it was not built in a repository.</summary>
    public static string Commit => Parts.ElementAtOrDefault(1) ?? "";

    // Says nothing until all of it is known: another value of a label would be a second series, and replicas are counted by it.
    private static IEnumerable<Measurement<int>> Describe(ModelDescription? model, WeightsDigest weights, string device)
    {
        if (model is null)
        {
            return [];
        }
        string? hash = weights.Of(model);
        return hash is null && model.WeightFiles.Count > 0
            ? []
            :
            [
                new Measurement<int>(
                    1,
                    new("version", Version),
                    new("commit", Commit),
                    new("model", model.Name),
                    new("weights", hash ?? ""),
                    new("device", device)
                ),
            ];
    }

    // The SDK appends the commit: 0.1.0+a1b2….
    private static string[] Parts { get; } =
        (
            typeof(BuildMetrics)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion
            ?? ""
        ).Split('+');
}
