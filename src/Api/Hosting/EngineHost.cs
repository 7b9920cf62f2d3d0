using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Hosting;

/// <summary>
/// Ties the engine's life to the server's. At shutdown: readiness turns to 503, the port stays open for the drain time so that
/// a load balancer can notice, then Kestrel closes it and waits for its requests, and last the engine stops. Hurried, it waits
/// for none of this.
/// </summary>
internal sealed class EngineHost(EngineLoop engine, IOptions<ServerOptions> server, TimeProvider time)
    : IHostedLifecycleService,
        IDisposable
{
    private readonly CancellationTokenSource _hurry = new();

    /// <summary>Ends the drain, and every edit with an error: the answers go out, and the server stops.</summary>
    public void Hurry()
    {
        _hurry.Cancel();
        engine.Abort();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Returns at once: the model loads on the engine's thread while Kestrel already answers.
    public Task StartAsync(CancellationToken cancellationToken)
    {
        engine.Start();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _hurry.Token);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(server.Value.DrainSeconds), time, either.Token);
        }
        catch (OperationCanceledException) when (_hurry.IsCancellationRequested)
        {
            // Nobody wants to wait for the load balancer any more.
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _hurry.Dispose();
}
