using InstructDiffusion.Api.Callers;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Documentation;

/// <summary>The OpenAPI document at /openapi/v1.json and Swagger UI at /swagger.</summary>
internal static class OpenApiSetup
{
    private const string About = """
        Edits a picture by an instruction in plain words: send a photograph and "make it winter", get the edited photograph
        back. It runs InstructDiffusion and InstructPix2Pix models in .NET; requests of many users share each denoising step.

        `GET /v1/models` tells which model is loaded, `GET /v1/tasks` what to ask of it. When the former says
        `"untrained": true`, the server runs the small reference model with random weights: everything works, but the pictures
        mean nothing.

        Errors are problem+json (RFC 9457) with a stable `code`, and `param` and `errors` naming the fields at fault.
        """;

    public static void AddDocumentation(this IServiceCollection services) =>
        services.AddOpenApi(
            "v1",
            options =>
            {
                options.AddCallers();
                options.AddDocumentTransformer(
                    (document, _, _) =>
                    {
                        document.Info = new OpenApiInfo
                        {
                            Title = "InstructDiffusion",
                            Version = "v1",
                            Description = About,
                            License = new OpenApiLicense { Name = "MIT" },
                        };
                        // The address of whoever asks is right behind any proxy.
                        document.Servers = [new OpenApiServer { Url = "/" }];
                        return Task.CompletedTask;
                    }
                );
            }
        );

    /// <summary>Swagger UI, for everybody: it asks for a key itself.</summary>
    public static void UseDocumentation(this IApplicationBuilder app) =>
        app.UseSwaggerUI(swagger =>
        {
            swagger.DocumentTitle = "InstructDiffusion";
            swagger.SwaggerEndpoint("/openapi/v1.json", "InstructDiffusion v1");
            swagger.DisplayRequestDuration();
        });

    public static void MapDocumentation(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi().AllowAnonymous();
        routes.MapOpenApi("/openapi/{documentName}.yaml").AllowAnonymous();
    }
}
