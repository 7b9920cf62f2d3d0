using System.Net.ServerSentEvents;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests;

/// <summary>Reads answers of server-sent events.</summary>
internal static class Sse
{
    /// <summary>Every event until the answer ends: its name and its JSON.</summary>
    public static async Task<IReadOnlyList<(string Name, JsonElement Data)>> EventsAsync(
        this HttpResponseMessage response
    )
    {
        CancellationToken testEnd = TestContext.Current.CancellationToken;
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Stream body = await response.Content.ReadAsStreamAsync(testEnd);
        List<(string, JsonElement)> events = [];
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(testEnd))
        {
            using JsonDocument data = JsonDocument.Parse(item.Data);
            events.Add((item.EventType, data.RootElement.Clone()));
        }
        return events;
    }
}
