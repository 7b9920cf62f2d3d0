using Microsoft.AspNetCore.Authorization;

namespace InstructDiffusion.Api.Callers;

/// <summary>Tells requests that make the engine work from those that only ask.</summary>
internal static class WorkRoutes
{
    /// <summary>True for a request whose route makes edits or jobs.</summary>
    public static bool IsWork(HttpContext http) =>
        HttpMethods.IsPost(http.Request.Method)
        && http.GetEndpoint()?.Metadata is { } route
        && route.GetMetadata<NoWork>() is null
        && route.GetOrderedMetadata<IAuthorizeData>().Any(data => data.Policy is Scope.Edit or Scope.Jobs);

    /// <summary>Says that a route that is posted to makes the engine do nothing.</summary>
    public static RouteHandlerBuilder IsNoWork(this RouteHandlerBuilder route) => route.WithMetadata(new NoWork());

    private sealed class NoWork;
}
