using InstructDiffusion.Api;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Server.Load.Servers;

/// <summary>
/// The whole server in this process with the fake pipeline for a model: its engine sleeps for as long as it is told to work,
/// so that it takes no core away from what is measured.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _server;

    private FakeServer(WebApplication server)
    {
        _server = server;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address =>
        new(
            _server
                .Services.GetRequiredService<IServer>()
                .Features.GetRequiredFeature<IServerAddressesFeature>()
                .Addresses.Single()
        );

    /// <summary>Starts one and waits until it takes edits.</summary>
    /// <param name="speed">Of its engine.</param>
    /// <param name="url">Where to listen; port 0 for any that is free.</param>
    /// <param name="settings">Settings as the server's own command line takes them.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<FakeServer> StartAsync(
        FakeSpeed speed,
        string url,
        IEnumerable<string> settings,
        CancellationToken cancellationToken
    )
    {
        FakeEditPipeline pipeline = PipelineOf(speed);
        WebApplication server = ApiHost.Build(
            [.. settings, $"--urls={url}"],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Replace(ServiceDescriptor.Singleton<LoadModel>(pipeline.Load));
            }
        );
        await server.StartAsync(cancellationToken);
        EngineLoop engine = server.Services.GetRequiredService<EngineLoop>();
        while (engine.Status.Phase == EnginePhase.Loading)
        {
            await Task.Delay(10, cancellationToken);
        }
        return new FakeServer(server);
    }

    /// <summary>Completes when the process is asked to stop, and the server has.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _server.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private static FakeEditPipeline PipelineOf(FakeSpeed speed) =>
        new()
        {
            TakesNotes = false,
            // The fake's own way would be a pass over the pixels, which no figure is to hold.
            Paint = request => request.Image,
            Description = new ModelDescription
            {
                Name = "fake",
                IsUntrainedReference = true,
                Family = GuidanceFamily.InstructDiffusion,
                DefaultSteps = 20,
                DefaultResolution = 512,
            },
            SizeOf = request => request.WorkingSize?.Exact ?? new ImageSize(512, 512),
            RowsOf = request =>
                GuidancePlan
                    .Create(GuidanceFamily.InstructDiffusion, request.TextGuidanceScale, request.ImageGuidanceScale)
                    .Rows,
            OnPrepareTogether = requests => Work(speed.PrepareMs * requests.Count),
            OnStep = states => Work(speed.StepMs + speed.RowMs * states.Sum(RowsOf512)),
            OnFinish = _ => Work(speed.FinishMs),
        };

    private static double RowsOf512(EditState state) => state.Rows * state.WorkingSize.PixelCount / (512.0 * 512);

    private static void Work(double milliseconds)
    {
        if (milliseconds > 0)
        {
            Thread.Sleep(TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
