using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Blobs;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using InstructDiffusion.Api.Jobs.Storage.Sqlite;
using InstructDiffusion.Api.Jobs.Webhooks;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Api.Vision;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs;

/// <summary>Registers jobs: their stores, who does them, and their routes.</summary>
internal static class JobsSetup
{
    public static void AddJobs(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<JobsOptions>()
            .Validate<IOptions<SecurityOptions>>(
                (jobs, security) => !security.Value.Webhooks.Enabled || jobs.WebhookKey() is not null,
                "Jobs:WebhookSecret must be whsec_ and 24 to 64 bytes in base64, as Security:Webhooks:Enabled is set."
            );
        services.AddSingleton<JobCost>();
        services.AddSingleton<JobOperation, EditJob>();
        services.AddSingleton<JobOperation, RestoreJob>();
        services.AddSingleton<JobOperation, ReplayJob>();
        services.AddSingleton(provider => new JobOperations([
            .. provider.GetServices<JobOperation>(),
            .. VisionJob.All(
                provider.GetRequiredService<VisionOrders>(),
                provider.GetRequiredService<EditDesk>(),
                provider.GetRequiredService<JobCost>()
            ),
        ]));
        services.AddSingleton<JobClock>();
        services.AddSingleton<JobPace>();
        services.AddStore(configuration);
        services.AddSingleton<IBlobStore, FileBlobStore>();
        services.AddSingleton<JobIntake>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobSubmission>();
        services.AddSingleton<JobWatch>();
        services.AddSingleton<JobView>();
        services.AddSingleton<JobEvents>();
        services.AddSingleton<DurableIntake>();
        services.AddSingleton<DurableRequests>();
        services.AddSingleton<DurableEdits>();
        services.AddSingleton<JobHousekeeping>();
        // Services stop in the reverse order: the leases are renewed until the last run is over.
        services.AddHostedService(provider => provider.GetRequiredService<JobHousekeeping>());
        services.AddHostedService<WebhookSender>();
        services.AddHostedService<JobWorker>();
    }

    public static void MapJobs(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<JobsOptions>>().Value.Enabled)
        {
            return;
        }
        Describe(app.MapPost("/v1/jobs", JobRoutes.CreateAsync), "CreateJob", "Have something done later")
            .Produces<JobResource>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 408, 413, 415, 422, 429, 507)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeCreateAsync);
        Describe(app.MapGet("/v1/jobs", JobRoutes.ListAsync), "ListJobs", "Your jobs, newest first")
            .Produces<JobListResource>()
            .ProducesProblems(422)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeAsync);
        Describe(app.MapGet("/v1/jobs/{id}", JobRoutes.GetAsync), "GetJob", "How a job is")
            .Produces<JobResource>()
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblems(404)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeGetAsync);
        Describe(
                app.MapDelete("/v1/jobs/{id}", JobRoutes.DeleteAsync),
                "DeleteJob",
                "Cancel a job, or forget one that has ended"
            )
            .Produces<JobResource>(StatusCodes.Status202Accepted)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblems(404)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeAsync);
        Describe(app.MapGet("/v1/jobs/{id}/events", EventsAsync), "FollowJob", "What happens to a job, as it happens")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblems(404, 422)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeEventsAsync);
        MapResults(app);
    }

    // Before the services that work on jobs, so that it stops after them.
    private static void AddStore(this IServiceCollection services, IConfiguration configuration)
    {
        string? store = configuration[$"{JobsOptions.Section}:{nameof(JobsOptions.Store)}"];
        if (JobsOptions.SharedPostgres.Equals(store, StringComparison.Ordinal))
        {
            services.AddPostgresJobs();
        }
        else
        {
            services.AddSingleton<IProgressBus, InProcessProgressBus>();
            services.AddSingleton<IJobStore, SqliteJobStore>();
        }
    }

    private static void MapResults(WebApplication app)
    {
        const string about = "The first file that a job gave, or its JSON answer if it gives no file";
        Describe(app.MapGet("/v1/jobs/{id}/result", JobResults.FirstAsync), "GetJobResult", about).DescribeFile();
        Describe(
                app.MapGet("/v1/jobs/{id}/results/{index}", JobResults.OneAsync),
                "GetJobFile",
                "One file that a job gave"
            )
            .DescribeFile();
    }

    private static void DescribeFile(this RouteHandlerBuilder route)
    {
        string[] types = [.. AnswerFormat.ByName.Keys.Select(format => $"image/{format}")];
        route
            .Produces(StatusCodes.Status200OK, contentType: types[0], additionalContentTypes: types[1..])
            .Produces(StatusCodes.Status206PartialContent)
            .Produces(StatusCodes.Status304NotModified)
            .Produces(StatusCodes.Status416RangeNotSatisfiable)
            .ProducesProblems(404, 409, 410, 424)
            .AddOpenApiOperationTransformer(JobDocumentation.DescribeAsync);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) =>
        route.WithName(name).WithSummary(summary).WithTags("Jobs").RequireScope(Scope.Jobs).ProducesProblems(500, 503);

    private static RouteHandlerBuilder ProducesProblems(
        this RouteHandlerBuilder route,
        params ReadOnlySpan<int> statuses
    )
    {
        foreach (int status in statuses)
        {
            route.ProducesAProblem(status);
        }
        return route;
    }

    private static Task EventsAsync(HttpContext http, string id, JobEvents events) => events.AnswerAsync(http, id);
}
