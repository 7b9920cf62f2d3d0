using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Api.Tests.Callers;

public sealed class RouteRulesTests
{
    // What everybody may have: it tells nothing of anybody, and costs nothing.
    private static readonly string[] Open = ["/health/", "/problems/", "/openapi/", "/page/", "/v2"];

    [Fact]
    public async Task EveryRoute_SaysWhoMayUseIt()
    {
        await using var app = new ApiApplication();
        (await app.StartUnreadyAsync()).Dispose();

        RouteEndpoint[] routes =
        [
            .. app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>(),
        ];

        Assert.NotEmpty(routes);
        Assert.All(
            routes,
            route =>
                Assert.True(
                    route.Metadata.GetMetadata<IAllowAnonymous>() is not null
                        || route.Metadata.GetMetadata<IAuthorizeData>() is not null,
                    $"{route.DisplayName} says neither RequireScope, nor RequireCaller, nor AllowAnonymous."
                )
        );
    }

    [Fact]
    public async Task OpenRoutes_AreThoseThatTellNothing()
    {
        await using var app = new ApiApplication();
        (await app.StartUnreadyAsync()).Dispose();

        IEnumerable<string> open = app
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .Select(route => $"/{route.RoutePattern.RawText!.TrimStart('/')}");

        Assert.All(
            open,
            path =>
                Assert.True(
                    path is "/" || Array.Exists(Open, start => path.StartsWith(start, StringComparison.Ordinal)),
                    $"{path} is open to everybody."
                )
        );
    }
}
