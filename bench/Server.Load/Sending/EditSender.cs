using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using InstructDiffusion.Server.Load.Traffic;

namespace InstructDiffusion.Server.Load.Sending;

/// <summary>Sends edits to a server as forms with a picture, and waits for what becomes of each.</summary>
/// <param name="client">Goes to the server.</param>
/// <param name="profile">The callers' keys, deadline and class.</param>
/// <param name="picture">The file to send.</param>
/// <param name="isPolite">True to come back after the time that a refusal names, up to <see cref="MostReturns"/> times.</param>
internal sealed class EditSender(HttpClient client, TrafficProfile profile, byte[] picture, bool isPolite)
{
    /// <summary>How often a polite client comes back.</summary>
    public const int MostReturns = 5;

    /// <summary>Sends one and waits for its end.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="planned">Timestamp of the moment at which it should have been sent.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<RequestOutcome> SendAsync(
        PlannedRequest request,
        long planned,
        CancellationToken cancellationToken
    )
    {
        TimeSpan lag = Stopwatch.GetElapsedTime(planned);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.LeavesAfter is { } after)
        {
            leaving.CancelAfter(after);
        }
        int returns = 0;
        int taken = 0;
        while (true)
        {
            RequestOutcome outcome = await TryAsync(request, planned, leaving.Token, cancellationToken) with
            {
                Lag = lag,
            };
            taken += returns > 0 && outcome is { Status: > 0, IsRefused: false } ? 1 : 0;
            outcome = outcome with { Returns = returns, TakenOnReturn = taken };
            if (!isPolite || !outcome.IsRefused || returns == MostReturns || outcome.RetryAfter is not { } wait)
            {
                return outcome;
            }
            try
            {
                await Task.Delay(wait, leaving.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return outcome with { HasLeft = true, Latency = Stopwatch.GetElapsedTime(planned) };
            }
            returns++;
        }
    }

    private async Task<RequestOutcome> TryAsync(
        PlannedRequest request,
        long planned,
        CancellationToken leaving,
        CancellationToken runEnds
    )
    {
        var outcome = new RequestOutcome
        {
            Request = request,
            Lag = default,
            Latency = default,
            Status = 0,
        };
        try
        {
            using HttpRequestMessage message = MessageOf(request);
            using HttpResponseMessage response = await client.SendAsync(message, leaving);
            byte[] body = await response.Content.ReadAsByteArrayAsync(leaving);
            return outcome with
            {
                Latency = Stopwatch.GetElapsedTime(planned),
                Status = (int)response.StatusCode,
                Code = response.IsSuccessStatusCode ? null : CodeOf(body),
                RetryAfter = response.Headers.RetryAfter?.Delta,
                Timings = ServerTiming.Parse(response.Headers),
            };
        }
        catch (OperationCanceledException) when (!runEnds.IsCancellationRequested)
        {
            // The client's own patience, or the one of the HTTP client.
            bool hasLeft = leaving.IsCancellationRequested;
            return outcome with
            {
                Latency = Stopwatch.GetElapsedTime(planned),
                HasLeft = hasLeft,
                Failure = hasLeft ? null : "no answer in time",
            };
        }
        catch (HttpRequestException failure)
        {
            return outcome with { Latency = Stopwatch.GetElapsedTime(planned), Failure = failure.Message };
        }
    }

    private HttpRequestMessage MessageOf(PlannedRequest request)
    {
        var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(picture);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(file, "image", "picture.png");
        AddText("instruction", "make it winter");
        Add("steps", request.Steps);
        AddText("size", request.Size);
        Add("text_guidance_scale", request.TextScale);
        Add("image_guidance_scale", request.ImageScale);
        Add("seed", request.Seed);
        if (profile.DeadlineMs is { } deadline)
        {
            Add("deadline_ms", deadline);
        }
        if (profile.Priority is { } priority)
        {
            AddText("priority", priority);
        }
        var message = new HttpRequestMessage(HttpMethod.Post, "/v1/edits") { Content = form };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/png"));
        if (profile.Callers.Count > 0)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                profile.Callers[request.Caller].Key
            );
        }
        return message;

        void Add(string name, IFormattable value) => AddText(name, value.ToString(null, CultureInfo.InvariantCulture));
        void AddText(string name, string value) => form.Add(new StringContent(value), name);
    }

    private static string? CodeOf(byte[] body)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(body);
            return problem.RootElement.TryGetProperty("code", out JsonElement code) ? code.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
