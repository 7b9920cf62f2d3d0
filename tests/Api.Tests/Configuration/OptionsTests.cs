using System.Text.Json;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Security;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Configuration;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("Queue:Capacity", "0")]
    [InlineData("Queue:MaxRunningEdits", "many")]
    [InlineData("Limits:MaxBodyBytes", "-1")]
    [InlineData("Limits:UploadSeconds", "0")]
    [InlineData("Engine:Precision", "fp8")]
    [InlineData("Engine:Device", "gpu")]
    [InlineData("Server:ShutdownSeconds", "0")]
    [InlineData("Limits:MaxBodyByte", "1000000")]
    [InlineData("Jobs:LeaseSeconds", "0")]
    [InlineData("Jobs:Paths", "data")]
    [InlineData("Cache:ResultMegabytes", "-1")]
    [InlineData("Cache:ResultMinutes", "0")]
    [InlineData("Telemetry:TraceRatio", "1.5")]
    [InlineData("Telemetry:OtlpEndpoint", "collector")]
    [InlineData("Telemetry:MetricsUrl", "9464")]
    [InlineData("Telemetry:OtlpProtocol", "carrier_pigeon")]
    public async Task Start_WrongOrMisspeltSetting_StopsAndNamesIt(string key, string value)
    {
        await using var app = new ApiApplication { Settings = { [key] = value } };

        Exception error = await Assert.ThrowsAnyAsync<Exception>(app.StartUnreadyAsync);

        Assert.True(error is OptionsValidationException or InvalidOperationException, error.ToString());
        Assert.Contains(key.Split(':')[1], error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Appsettings_EveryOption_StandsThereWithItsDefault()
    {
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.Of("appsettings.json")));

        AssertDefaults(settings, ModelOptions.Section, new ModelOptions());
        AssertDefaults(settings, LimitsOptions.Section, new LimitsOptions());
        AssertDefaults(settings, QueueOptions.Section, new QueueOptions());
        AssertDefaults(settings, CacheOptions.Section, new CacheOptions());
        AssertDefaults(settings, JobsOptions.Section, new JobsOptions());
        AssertDefaults(settings, TelemetryOptions.Section, new TelemetryOptions());
        AssertDefaults(settings, ServerOptions.Section, new ServerOptions());
        AssertDefaults(settings, SecurityOptions.Section, new SecurityOptions());
    }

    private static void AssertDefaults<TOptions>(JsonDocument settings, string section, TOptions defaults) =>
        Assert.Equal(
            JsonSerializer.Serialize(defaults),
            JsonSerializer.Serialize(settings.RootElement.GetProperty(section))
        );
}
