using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests;

/// <summary>
/// The whole server in this process, built and run as its program does, on a free port of the loopback interface and with the
/// fake pipeline for a model. What its start throws is what the program would end with.
/// </summary>
public sealed class ApiApplication : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _ownData = Path.Combine(Path.GetTempPath(), $"instructdiffusion-{Guid.NewGuid():N}");
    private WebApplication? _server;
    private Task _ended = Task.CompletedTask;

    public FakeEditPipeline Pipeline { get; init; } = new();

    /// <summary>How the model is loaded; the fake one unless set.</summary>
    internal LoadModel? Load { get; init; }

    /// <summary>The server's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Settings that differ from appsettings.json, given on the command line.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    /// <summary>Has the last word on the services.</summary>
    public Action<IServiceCollection>? Adapted { get; init; }

    /// <summary>Where jobs are kept; a folder of this server's own unless set, which goes with it.</summary>
    public string? DataFolder { get; init; }

    /// <summary>What was logged, one line an entry.</summary>
    public LogCollector Logs { get; init; } = new();

    /// <summary>Requests whose clients went away.</summary>
    public AbortCounter Aborts { get; } = new();

    /// <summary>Where it listens.</summary>
    public Uri Address => Addresses[0];

    /// <summary>Where it listens, all of them.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [
            .. Services
                .GetRequiredService<IServer>()
                .Features.GetRequiredFeature<IServerAddressesFeature>()
                .Addresses.Select(address => new Uri(address)),
        ];

    public IServiceProvider Services =>
        _server?.Services ?? throw new InvalidOperationException("The server was not started.");

    internal EngineLoop Engine => Services.GetRequiredService<EngineLoop>();

    internal EditQueue Queue => Services.GetRequiredService<EditQueue>();

    /// <summary>Starts it and waits until the model is loaded, or could not be.</summary>
    public async Task<HttpClient> StartAsync()
    {
        HttpClient client = await StartUnreadyAsync();
        await Until(() => Engine.Status.Phase != EnginePhase.Loading);
        return client;
    }

    /// <summary>Starts it without waiting for the model.</summary>
    public async Task<HttpClient> StartUnreadyAsync()
    {
        Settings.TryAdd("Jobs:Path", DataFolder ?? _ownData);
        string[] settings = [.. Settings.Select(setting => $"--{setting.Key}={setting.Value}")];
        _server = ApiHost.Build([.. settings, "--urls=http://127.0.0.1:0"], Adapt);
        await _server.StartAsync(TestContext.Current.CancellationToken);
        _ended = _server.WaitForShutdownAsync(CancellationToken.None);
        return NewClient();
    }

    public HttpClient NewClient() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = Patience };

    public static async Task Until(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>Stops it while its engine takes a step now and then, too slowly for long edits to finish.</summary>
    public async Task StopSlowlyAsync()
    {
        Task stopped = DisposeAsync().AsTask();
        while (!stopped.IsCompleted)
        {
            Pipeline.Permits?.Release();
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        await stopped;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
        {
            return;
        }
        _server.Lifetime.StopApplication();
        await _ended;
        await _server.DisposeAsync();
        if (Directory.Exists(_ownData))
        {
            Directory.Delete(_ownData, recursive: true);
        }
    }

    private void Adapt(WebApplicationBuilder builder)
    {
        builder.Host.UseDefaultServiceProvider(services =>
        {
            services.ValidateScopes = true;
            services.ValidateOnBuild = true;
        });
        // Not those of exporters, which have no type of their own here.
        foreach (
            ServiceDescriptor provider in builder
                .Services.Where(service =>
                    service.ServiceType == typeof(ILoggerProvider) && service.ImplementationType is not null
                )
                .ToArray()
        )
        {
            builder.Services.Remove(provider);
        }
        builder.Logging.AddProvider(Logs);
        builder.Services.Replace(ServiceDescriptor.Singleton(Load ?? Pipeline.Load));
        builder.Services.Replace(ServiceDescriptor.Singleton(Time));
        builder.Services.AddSingleton<IStartupFilter>(Aborts);
        builder.Services.AddSingleton<IStartupFilter, SeenAnswers>();
        Adapted?.Invoke(builder.Services);
    }
}
