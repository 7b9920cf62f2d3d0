using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Api.Jobs.Routes;

namespace InstructDiffusion.Api.Jobs.Webhooks;

/// <summary>
/// The report of a job's end, in the form of Standard Webhooks (https://www.standardwebhooks.com): the same id and body in every
/// attempt, and a signature over id, time and body.
/// </summary>
internal sealed record WebhookMessage(string Id, byte[] Body)
{
    /// <summary>What is told of a job.</summary>
    public static WebhookMessage Of(JobResource job) =>
        new(
            $"job_{job.Id}",
            JsonSerializer.SerializeToUtf8Bytes(
                new WebhookBody
                {
                    Type = $"job.{JsonNamingPolicy.SnakeCaseLower.ConvertName(job.Status.ToString())}",
                    Timestamp = job.FinishedAt ?? job.CreatedAt,
                    Data = job,
                },
                ApiJson.Options
            )
        );

    /// <summary>The request of one attempt.</summary>
    /// <param name="address">Where it goes.</param>
    /// <param name="key">What it is signed with.</param>
    /// <param name="now">When it is sent: receivers refuse what is old.</param>
    public HttpRequestMessage ToRequest(Uri address, byte[] key, DateTimeOffset now)
    {
        string timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Id}.{timestamp}."), .. Body];
        string signature = Convert.ToBase64String(HMACSHA256.HashData(key, signed));
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("webhook-id", Id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{signature}");
        request.Headers.UserAgent.ParseAdd("InstructDiffusion");
        return request;
    }
}

/// <summary>The body of a report.</summary>
internal sealed record WebhookBody
{
    /// <summary><c>job.succeeded</c>, <c>job.failed</c>, <c>job.cancelled</c> or <c>job.expired</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The job, as GET /v1/jobs/{id} shows it.</summary>
    public required JobResource Data { get; init; }
}
