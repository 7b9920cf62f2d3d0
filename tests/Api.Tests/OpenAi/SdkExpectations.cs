using System.Security.Cryptography;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>What the SDKs' tests send, and what must come back.</summary>
internal static class SdkExpectations
{
    public static byte[] Picture { get; } = Pictures.Png(Pictures.Gradient());

    /// <summary>The file that the fake model's edit with this seed is.</summary>
    public static byte[] Edited(long seed) =>
        Pictures.Png(
            FakeEditPipeline.Edited(
                new EditRequest
                {
                    Image = Pictures.Gradient(),
                    Instruction = "make it winter",
                    Seed = seed,
                }
            )
        );

    /// <summary>Its SHA-256.</summary>
    public static string Digest(long seed) => Convert.ToHexStringLower(SHA256.HashData(Edited(seed)));

    /// <summary>A server whose queue of one place is full; both edits wait for permits.</summary>
    public static async Task<Task<HttpResponseMessage>[]> FillAsync(ApiApplication app, HttpClient client)
    {
        CancellationToken testEnd = TestContext.Current.CancellationToken;
        app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<HttpResponseMessage> running = client.SendAsync(EditRequests.Good(), testEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2); // after the warm-up
        Task<HttpResponseMessage> waiting = client.SendAsync(EditRequests.Good(), testEnd);
        await ApiApplication.Until(() => app.Queue.Count == 1);
        return [running, waiting];
    }

    public static ApiApplication WithOnePlace() =>
        new() { Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" } };

    /// <summary>Waits until a request was refused because the queue is full, then lets the engine work.</summary>
    public static async Task ReleaseAfterRefusalAsync(ApiApplication app)
    {
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("429 queue_full", StringComparison.Ordinal))
        );
        app.Pipeline.Permits!.Release(1000);
    }
}
