using InstructDiffusion.Api.OpenAi;

namespace InstructDiffusion.Api.Errors;

/// <summary>Makes every error of every route a problem.</summary>
internal static class ProblemSetup
{
    public static void AddProblems(this IServiceCollection services)
    {
        // Before AddProblemDetails: the first writer that can write is taken.
        services.AddSingleton<IProblemDetailsWriter, OpenAiErrorWriter>();
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<ExceptionProblems>();
        services.AddSingleton<ExceptionProblems>(); // for answers whose head was sent before they failed
    }

    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    /// <summary>Documents that a route may answer with this status and a problem.</summary>
    public static RouteHandlerBuilder ProducesAProblem(this RouteHandlerBuilder route, int status) =>
        route.Produces<Problem>(status, "application/problem+json");
}
