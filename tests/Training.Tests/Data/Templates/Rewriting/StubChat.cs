using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Training.Tests.Data.Templates.Rewriting;

/// <summary>A chat endpoint on this machine that answers as a test says.</summary>
internal sealed class StubChat : IAsyncDisposable
{
    private readonly WebApplication _application;

    private StubChat(WebApplication application) => _application = application;

    /// <summary>What was asked: each request's body.</summary>
    public ConcurrentQueue<JsonElement> Asked { get; } = new();

    /// <summary>The Authorization headers that came.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    /// <summary>Base address.</summary>
    public string Address =>
        _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()
        + "/v1";

    /// <summary>Starts one.</summary>
    /// <param name="answer">Given the number of the request, from 0.</param>
    public static async Task<StubChat> StartAsync(Func<int, IResult> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        var stub = new StubChat(application);
        int number = -1;
        application.MapPost(
            "/v1/chat/completions",
            async (HttpRequest request) =>
            {
                using JsonDocument body = await JsonDocument.ParseAsync(request.Body);
                stub.Asked.Enqueue(body.RootElement.Clone());
                stub.Keys.Enqueue(request.Headers.Authorization.ToString());
                return answer(Interlocked.Increment(ref number));
            }
        );
        await application.StartAsync();
        return stub;
    }

    /// <summary>An answer as such endpoints give it.</summary>
    public static IResult Say(string content) =>
        Results.Json(new { choices = new[] { new { message = new { role = "assistant", content } } } });

    /// <summary>A list of phrasings as an answer.</summary>
    public static IResult Say(params string[] phrasings) => Say(JsonSerializer.Serialize(phrasings));

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
