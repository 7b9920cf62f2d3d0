using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Api.Vision;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Hosting;

/// <summary>Registers the engine: its queue, its thread, and what feeds it.</summary>
internal static class EngineSetup
{
    public static void AddEngine(this IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<LoadModel>(provider =>
            ModelOpening.For(
                Options<ModelOptions>(provider),
                Options<LimitsOptions>(provider),
                Options<CacheOptions>(provider)
            )
        );
        services.AddSingleton(provider => Options<QueueOptions>(provider).ToBatchLimits());
        services.AddSingleton(provider => Options<QueueOptions>(provider).ToQueueLimits());
        services.AddSingleton<EditQueue>();
        services.AddSingleton(provider => provider.GetRequiredService<EditQueue>().Counters);
        services.AddSingleton(provider => new EngineLoop(
            provider
                .GetRequiredService<DeviceMetrics>()
                .Watching(
                    provider.GetRequiredService<CacheMetrics>().Watching(provider.GetRequiredService<LoadModel>())
                ),
            provider.GetRequiredService<EditQueue>(),
            provider.GetRequiredService<BatchLimits>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EngineLoop>>()
        )
        {
            StallAfter = TimeSpan.FromSeconds(Options<ModelOptions>(provider).StallSeconds),
        });
        services.AddSingleton<EngineHost>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineHost>());
        services.AddSingleton<UploadGate>();
        services.AddSingleton<EditIntake>();
        services.AddSingleton<EditAdmission>();
        services.AddSingleton<VisionOrders>();
        services.AddSingleton<VisionRun>();
        services.AddSingleton<KeyedVision>();
        services.AddSingleton<ReplayOrders>();
        services.AddSingleton<WeightsDigest>();
        services.AddSingleton<EditDesk>();
        services.AddSingleton<EditEvents>();
    }

    private static T Options<T>(IServiceProvider provider)
        where T : class => provider.GetRequiredService<IOptions<T>>().Value;
}
