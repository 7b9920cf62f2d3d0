using InstructDiffusion.Api.Admin;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Callers.Metering;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Documentation;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.KServe;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Api.OpenAi;
using InstructDiffusion.Api.Page;
using InstructDiffusion.Api.Queueing;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Api.Routes;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Api.Streaming;
using InstructDiffusion.Api.Vision;

namespace InstructDiffusion.Api;

/// <summary>The whole server, put together once for the program and for the tests.</summary>
internal static class ApiHost
{
    /// <summary>Builds the server and does not start it; the caller owns it.</summary>
    /// <param name="args">The command line: settings as <c>--Section:Key value</c>.</param>
    /// <param name="adapt">Has the last word on services and logging; the tests put their model in here.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? adapt = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                Args = args,
                ApplicationName = typeof(ApiHost).Assembly.GetName().Name,
                // The settings lie beside the program, wherever it is started from.
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder.AddValidatedOptions();
        builder.Services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        builder.Services.AddProblems();
        builder.Services.AddCallers();
        builder.Services.AddRateLimits();
        builder.Services.AddSecurity(builder.Configuration);
        builder.Logging.HideSecrets();
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddEngine();
        builder.Services.AddCaching();
        builder.Services.AddSingleton<EventStreams>();
        builder.Services.AddJobs(builder.Configuration);
        builder.Services.AddOpenAi();
        builder.Services.AddDocumentation();
        builder.AddTelemetry();
        adapt?.Invoke(builder);

        WebApplication app = builder.Build();
        app.UseSecurity();
        app.Use(app.Services.GetRequiredService<MetricsAddress>().InvokeAsync);
        app.UseMiddleware<RequestIds>();
        app.UseMiddleware<EditRequestLog>();
        app.UseMiddleware<OpenAiHeaders>();
        app.UseProblems();
        app.UseDocumentation();
        app.UseOrigins();
        app.UseCallers();
        app.UseRateLimits();
        app.UseMiddleware<DrainGate>();
        app.MapEdits();
        app.MapJobs();
        app.MapOpenAi();
        app.MapVision();
        app.MapReplay();
        app.MapKServe();
        app.MapModels();
        app.MapTasks();
        app.MapQueueing();
        app.MapHealth();
        app.MapAdmin();
        app.MapProblems();
        app.MapTelemetry();
        app.MapDocumentation();
        app.MapPage();
        return app;
    }
}
