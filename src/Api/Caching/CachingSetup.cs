namespace InstructDiffusion.Api.Caching;

/// <summary>Registers what is remembered.</summary>
internal static class CachingSetup
{
    public static void AddCaching(this IServiceCollection services)
    {
        services.AddSingleton<ResultCache>();
        services.AddSingleton<SharedEdits>();
        services.AddSingleton<SdkRetries>();
    }
}
