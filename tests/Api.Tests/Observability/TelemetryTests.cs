namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>These run alone: measurements are the whole process's.</summary>
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
public sealed class TelemetryTests;
