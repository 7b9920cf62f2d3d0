using System.Net;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests;

/// <summary>The whole server on a real port of the loopback interface, with the fake pipeline for a model.</summary>
public sealed class ApiApplication : WebApplicationFactory<Program>
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public FakeEditPipeline Pipeline { get; init; } = new();

    /// <summary>How the model is loaded; the fake one unless set.</summary>
    internal LoadModel? Load { get; init; }

    /// <summary>Settings that differ from appsettings.json.</summary>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>();

    /// <summary>What was logged, one line an entry.</summary>
    public LogCollector Logs { get; } = new();

    /// <summary>Requests whose clients went away.</summary>
    public AbortCounter Aborts { get; } = new();

    /// <summary>Where it listens.</summary>
    public Uri Address => ClientOptions.BaseAddress;

    internal EngineLoop Engine => Services.GetRequiredService<EngineLoop>();

    internal EditQueue Queue => Services.GetRequiredService<EditQueue>();

    /// <summary>Starts it and waits until the model is loaded, or could not be.</summary>
    public async Task<HttpClient> StartAsync()
    {
        UseKestrel(0);
        StartServer();
        await Until(() => Engine.Status.Phase != EnginePhase.Loading);
        return NewClient();
    }

    /// <summary>Starts it without waiting for the model.</summary>
    public HttpClient StartUnready()
    {
        UseKestrel(0);
        StartServer();
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

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseContentRoot(AppContext.BaseDirectory);
        builder.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.ConfigureAppConfiguration((_, configuration) => configuration.AddInMemoryCollection(Settings));
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Logs));
        builder.ConfigureTestServices(services =>
        {
            services.Replace(ServiceDescriptor.Singleton(Load ?? Pipeline.Load));
            services.AddSingleton<IStartupFilter>(Aborts);
        });
    }
}
