using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Jobs.Shared;

/// <summary>Servers that share a database and a folder, as behind a load balancer.</summary>
internal sealed class SharedServers(PostgresServer database) : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>The tables of these servers.</summary>
    public string Schema { get; } = PostgresServer.NewSchema();

    /// <summary>One of them, not started. Its engine does one edit at a time.</summary>
    public ApiApplication New(int leaseSeconds = 30, Action<IServiceCollection>? adapted = null)
    {
        var app = new ApiApplication { DataFolder = _folder.Path, Adapted = adapted };
        foreach ((string name, string value) in Settings)
        {
            app.Settings[name] = value;
        }
        app.Settings["Jobs:LeaseSeconds"] = leaseSeconds.Text();
        app.Settings["Queue:MaxRunningEdits"] = "1";
        return app;
    }

    /// <summary>What the settings of all of them say.</summary>
    public Dictionary<string, string> Settings =>
        new()
        {
            ["Jobs:Store"] = JobsOptions.SharedPostgres,
            ["Jobs:Path"] = _folder.Path,
            ["Jobs:Postgres:ConnectionString"] = database.Connection,
            ["Jobs:Postgres:Schema"] = Schema,
            ["Jobs:Postgres:PoolSize"] = "8",
        };

    /// <summary>Puts a store that can be taken away between a server and the database.</summary>
    /// <param name="services">The server's.</param>
    /// <param name="givesJobs">See <see cref="BreakableJobStore.GivesJobs"/>.</param>
    public static void UseBreakableStore(IServiceCollection services, bool givesJobs = true)
    {
        services.AddSingleton(provider => new BreakableJobStore(
            new PostgresJobStore(
                provider.GetRequiredService<PostgresDatabase>(),
                provider.GetRequiredService<IOptions<JobsOptions>>(),
                provider.GetRequiredService<JobClock>()
            )
        )
        {
            GivesJobs = givesJobs,
        });
        services.Replace(
            ServiceDescriptor.Singleton<IJobStore>(provider => provider.GetRequiredService<BreakableJobStore>())
        );
    }

    public void Dispose() => _folder.Dispose();
}
