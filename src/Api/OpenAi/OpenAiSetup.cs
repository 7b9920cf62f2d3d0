using InstructDiffusion.Api.Jobs.Operations;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Registers what speaks OpenAI's language: POST /v1/images/edits, and errors on it and on /v1/models.</summary>
internal static class OpenAiSetup
{
    public static void AddOpenAi(this IServiceCollection services)
    {
        services.AddSingleton<OpenAiIntake>();
        services.AddSingleton<OpenAiEvents>();
        services.AddSingleton<KeyedImages>();
        services.AddSingleton<OpenAiJob>();
        services.AddSingleton<JobOperation>(provider => provider.GetRequiredService<OpenAiJob>());
    }

    /// <summary>True for the addresses that OpenAI has too, where its clients expect its errors and headers.</summary>
    public static bool Speaks(PathString path) =>
        path.StartsWithSegments("/v1/images", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/v1/models", StringComparison.OrdinalIgnoreCase);
}
