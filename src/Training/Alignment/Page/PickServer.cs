using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InstructDiffusion.Training.Alignment.Page;

/// <summary>The page on this machine's own address: it is never seen by another.</summary>
internal sealed class PickServer : IAsyncDisposable
{
    private const int MaxBody = 64 << 10;
    private readonly WebApplication _application;

    private PickServer(WebApplication application)
    {
        _application = application;
        string address = application
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Single();
        Address = new Uri(address);
    }

    /// <summary>Where it is.</summary>
    public Uri Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="session">What it shows.</param>
    /// <param name="port">0 for any free one.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<PickServer> StartAsync(PickSession session, int port, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication application = builder.Build();
        application.Use(next => context => LocalRequests.GuardAsync(context, next));
        application.Use(next => context => TellFailuresAsync(context, next));
        application.UseRouting();
        new PickRoutes(session).Map(application);
        try
        {
            await application.StartAsync(cancellationToken);
            return new PickServer(application);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>A damaged folder or a full disk is told on the page, where the person is who can do something about it.</summary>
    private static async Task TellFailuresAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e)
            when (e is AlignmentException or IOException or UnauthorizedAccessException
                && e is not BadHttpRequestException
            )
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsJsonAsync(new PageText.Refusal(e.Message), AlignmentJson.Options);
        }
    }

    /// <summary>Stops it.</summary>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    /// <summary>Ctrl-C and SIGTERM are the program's: the host's own lifetime would take them and wait for nobody.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
