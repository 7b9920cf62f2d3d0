using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Blobs;
using InstructDiffusion.Api.Jobs.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Jobs;

/// <summary>Servers whose stores a test can take away.</summary>
internal static class JobApplications
{
    /// <summary>Puts breakable stores in place of the server's own.</summary>
    public static void UseBreakableStores(IServiceCollection services)
    {
        services.AddSingleton<SqliteJobStore>();
        services.AddSingleton(provider => new BreakableJobStore(provider.GetRequiredService<SqliteJobStore>()));
        services.Replace(
            ServiceDescriptor.Singleton<IJobStore>(provider => provider.GetRequiredService<BreakableJobStore>())
        );
        services.AddSingleton(provider => new BreakableBlobStore(
            new FileBlobStore(
                provider.GetRequiredService<IOptions<JobsOptions>>(),
                provider.GetRequiredService<JobClock>()
            )
        ));
        services.Replace(
            ServiceDescriptor.Singleton<IBlobStore>(provider => provider.GetRequiredService<BreakableBlobStore>())
        );
    }

    public static BreakableJobStore Store(this ApiApplication app) =>
        app.Services.GetRequiredService<BreakableJobStore>();

    public static BreakableBlobStore Blobs(this ApiApplication app) =>
        app.Services.GetRequiredService<BreakableBlobStore>();
}
