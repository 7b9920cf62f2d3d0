using InstructDiffusion.Api.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// Keeps /metrics and the rest apart where <see cref="TelemetryOptions.MetricsUrl"/> gives it an address of its own: there it
/// is all there is, elsewhere it is not found. Told apart by the port that the connection came to, which no client can choose.
/// </summary>
internal sealed class MetricsAddress(IServer server, IOptions<TelemetryOptions> options)
{
    public const string Path = "/metrics";

    private int? _port;

    /// <summary>Adds the address to those that the server listens to.</summary>
    public static void Listen(WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.MetricsUrl is not { } url)
        {
            return;
        }
        ConfigurationManager configuration = builder.Configuration;
        IEnumerable<string> others = Split(configuration["urls"]) is { Length: > 0 } urls
            ? urls
            :
            [
                .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
                .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
            ];
        // Last, which is how it is found again when it was port 0.
        builder.WebHost.UseUrls([.. others, url]);
    }

    /// <summary>Answers 404 to what is asked at the wrong address.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (options.Value.MetricsUrl is not null && IsMetrics(http) != (http.Connection.LocalPort == Port))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        return next(http);
    }

    private int Port =>
        _port ??= BindingAddress
            .Parse(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Last())
            .Port;

    private static bool IsMetrics(HttpContext http) =>
        http.Request.Path.Equals(Path, StringComparison.OrdinalIgnoreCase);

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
