using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Progress;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>Registers the store that several servers share, and their bus.</summary>
internal static class PostgresSetup
{
    public static void AddPostgresJobs(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            JobsOptions options = provider.GetRequiredService<IOptions<JobsOptions>>().Value;
            JobClock clock = provider.GetRequiredService<JobClock>();
            // Leases are renewed thrice in their time.
            var availability = new StoreAvailability(clock, TimeSpan.FromSeconds(options.LeaseSeconds) / 3);
            return new PostgresDatabase(PostgresSettings.Of(options), availability, PostgresSchema.Steps, clock);
        });
        services.AddSingleton<IJobStore, PostgresJobStore>();
        services.AddSingleton<PostgresProgressBus>();
        services.AddSingleton<IProgressBus>(provider => provider.GetRequiredService<PostgresProgressBus>());
        services.AddHostedService<PostgresNotices>();
    }
}
