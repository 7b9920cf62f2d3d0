using InstructDiffusion.Api.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InstructDiffusion.Api.Routes;

/// <summary>GET /problems/{code}: where the <c>type</c> of a problem leads.</summary>
internal static class ProblemRoutes
{
    public static void MapProblems(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/problems/{code}", Find).ExcludeFromDescription().AllowAnonymous();

    private static Results<Ok<ProblemKind>, NotFound> Find(string code) =>
        ProblemKind.All.FirstOrDefault(kind => kind.Code.Equals(code, StringComparison.Ordinal)) is { } kind
            ? TypedResults.Ok(kind)
            : TypedResults.NotFound();
}
