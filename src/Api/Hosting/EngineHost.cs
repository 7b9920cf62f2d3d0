using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Hosting;

/// <summary>
/// Ties the engine's life to the server's. At shutdown: readiness turns to 503, the port stays open for the drain time so that
/// a load balancer can notice, then Kestrel closes it and waits for its requests, and last the engine stops.
/// </summary>
internal sealed class EngineHost(EngineLoop engine, IOptions<ServerOptions> server, TimeProvider time)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Returns at once: the model loads on the engine's thread while Kestrel already answers.
    public Task StartAsync(CancellationToken cancellationToken)
    {
        engine.Start();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromSeconds(server.Value.DrainSeconds), time, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
