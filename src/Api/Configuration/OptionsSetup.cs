using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Binds the sections of appsettings.json; a wrong or misspelt setting stops the start.</summary>
internal static class OptionsSetup
{
    public static void AddValidatedOptions(this WebApplicationBuilder builder)
    {
        Add<ModelOptions>(builder.Services, ModelOptions.Section);
        Add<LimitsOptions>(builder.Services, LimitsOptions.Section);
        Add<QueueOptions>(builder.Services, QueueOptions.Section);
        Add<CacheOptions>(builder.Services, CacheOptions.Section);
        Add<TelemetryOptions>(builder.Services, TelemetryOptions.Section);
        Add<ServerOptions>(builder.Services, ServerOptions.Section);
        Add<JobsOptions>(builder.Services, JobsOptions.Section);
        Add<SecurityOptions>(builder.Services, SecurityOptions.Section);
        builder
            .Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<LimitsOptions>>(
                (kestrel, limits) =>
                {
                    kestrel.AddServerHeader = false;
                    kestrel.Limits.MaxRequestBodySize = limits.Value.MaxBodyBytes;
                    kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(
                        limits.Value.MinUploadBytesPerSecond,
                        TimeSpan.FromSeconds(limits.Value.UploadGraceSeconds)
                    );
                    kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.Value.HeadSeconds);
                    kestrel.Limits.MaxConcurrentConnections = limits.Value.MaxConnections;
                }
            );
        builder
            .Services.AddOptions<HostOptions>()
            .Configure<IOptions<ServerOptions>>(
                (host, server) => host.ShutdownTimeout = TimeSpan.FromSeconds(server.Value.ShutdownSeconds)
            );
        UseDefaultUrl(builder);
    }

    private static void Add<TOptions>(IServiceCollection services, string section)
        where TOptions : class =>
        services
            .AddOptions<TOptions>()
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();

    // A "Urls" key in appsettings.json would win over ASPNETCORE_URLS, so a container could not override it.
    private static void UseDefaultUrl(WebApplicationBuilder builder)
    {
        string[] usual = ["urls", "http_ports", "https_ports"];
        if (usual.All(key => string.IsNullOrEmpty(builder.Configuration[key])))
        {
            ServerOptions server = new();
            builder.Configuration.GetSection(ServerOptions.Section).Bind(server);
            builder.WebHost.UseUrls(server.Url);
        }
    }
}
