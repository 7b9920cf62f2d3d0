using System.Diagnostics.Metrics;
using System.Reflection;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Engine.Batching;
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
                () =>
                    new Measurement<int>(
                        1,
                        new("version", Version),
                        new("commit", Commit),
                        new("model", engine.Status.Model?.Name ?? ""),
                        new("weights", engine.Status.Model is { } loaded ? weights.Of(loaded) ?? "" : ""),
                        new("device", model.Value.Device)
                    ),
                "{build}",
                "What runs here."
            );

    /// <summary>The program's version.</summary>
    public static string Version => Parts[0];

    /// <summary>The commit it was built from; empty when it was not built in a repository.</summary>
    public static string Commit => Parts.ElementAtOrDefault(1) ?? "";

    // The SDK appends the commit: 0.1.0+a1b2….
    private static string[] Parts { get; } =
        (
            typeof(BuildMetrics)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion
            ?? ""
        ).Split('+');
}
