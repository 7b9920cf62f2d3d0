using System.Reflection;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Documentation;

/// <summary>docs/api.md tells of everything there is.</summary>
public sealed class ApiDocumentTests
{
    private static readonly string Document = File.ReadAllText(RepositoryRoot.Of("docs", "api.md"));

    [Fact]
    public void Document_EveryProblem_HasItsRow() =>
        Assert.All(
            ProblemKind.All,
            kind => Assert.Contains($"| {kind.Status} | `{kind.Code}` |", Document, StringComparison.Ordinal)
        );

    [Fact]
    public void Document_EveryFieldAndSampler_IsNamed()
    {
        Assert.All(
            EditEndpoint.Fields,
            field => Assert.Contains($"| `{field.Name}` |", Document, StringComparison.Ordinal)
        );
        Assert.All(SamplerNames.ByName.Keys, name => Assert.Contains($"`{name}`", Document, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(typeof(ModelOptions), ModelOptions.Section)]
    [InlineData(typeof(LimitsOptions), LimitsOptions.Section)]
    [InlineData(typeof(QueueOptions), QueueOptions.Section)]
    [InlineData(typeof(CacheOptions), CacheOptions.Section)]
    [InlineData(typeof(JobsOptions), JobsOptions.Section)]
    [InlineData(typeof(TelemetryOptions), TelemetryOptions.Section)]
    [InlineData(typeof(ServerOptions), ServerOptions.Section)]
    [InlineData(typeof(SecurityOptions), SecurityOptions.Section)]
    public void Document_EverySetting_IsNamed(Type options, string section) =>
        Assert.All(
            options.GetProperties(BindingFlags.Public | BindingFlags.Instance),
            property => Assert.Contains($"`{section}:{property.Name}`", Document, StringComparison.Ordinal)
        );
}
