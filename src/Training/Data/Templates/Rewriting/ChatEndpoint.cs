using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>
/// An OpenAI-compatible chat endpoint, asked politely: one question at a time, answers within bounds, passing failures tried again a
/// few times with growing waits, or as long as the endpoint asks for up to a minute.
/// </summary>
internal sealed class ChatEndpoint : IDisposable
{
    private const int LongestAnswer = 4 << 20;
    private const int LongestComplaint = 300;

    private static readonly TimeSpan _firstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(1);

    private readonly HttpClient _client;
    private readonly Uri _address;
    private readonly string? _key;
    private readonly int _attempts;
    private readonly TimeProvider _time;

    /// <param name="address">Base address, e.g. <c>https://host/v1</c>.</param>
    /// <param name="key">Sent as a bearer token; null for none.</param>
    /// <param name="timeout">Of an attempt.</param>
    /// <param name="attempts">At most, 1 or more.</param>
    /// <param name="time">Waits.</param>
    /// <exception cref="RewriteException">It is no address, or a key would cross the network in the open.</exception>
    public ChatEndpoint(string address, string? key, TimeSpan timeout, int attempts, TimeProvider time)
    {
        bool isAddress =
            Uri.TryCreate($"{address.TrimEnd('/')}/chat/completions", UriKind.Absolute, out Uri? parsed)
            && parsed.Scheme is "http" or "https";
        if (!isAddress)
        {
            throw new RewriteException($"endpoint: expected http://… or https://…, got '{address}'");
        }
        _address = parsed!;
        if (key is not null && string.Equals(_address.Scheme, "http", StringComparison.Ordinal) && !_address.IsLoopback)
        {
            throw new RewriteException($"endpoint: {address}: a key is sent by https, or to this machine, only");
        }
        (_key, _attempts, _time) = (key, attempts, time);
        // A redirect would take the key elsewhere.
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            Timeout = timeout,
            MaxResponseContentBufferSize = LongestAnswer,
        };
    }

    /// <summary>Asks, and gives the text of the answer.</summary>
    /// <exception cref="RewriteException">It failed, at last.</exception>
    public async Task<string> AskAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            (string? answer, string problem, TimeSpan? wait) = await TryAsync(request, cancellationToken);
            if (answer is not null)
            {
                return answer;
            }
            if (wait is null || attempt == _attempts)
            {
                throw new RewriteException($"{_address}: {problem} (attempt {attempt} of {_attempts})");
            }
            TimeSpan growing = _firstWait * Math.Pow(2, attempt - 1);
            TimeSpan next = wait > TimeSpan.Zero ? wait.Value : growing;
            await Task.Delay(next < _longestWait ? next : _longestWait, _time, cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>One attempt: an answer, or what went wrong and, where another may help, how long to wait (zero: as long as usual).</summary>
    private async Task<(string? Answer, string Problem, TimeSpan? Wait)> TryAsync(
        ChatRequest request,
        CancellationToken cancellationToken
    )
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _address);
        message.Content = new ByteArrayContent(request.ToJson());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (_key is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        }
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(message, cancellationToken);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                string said = System.Text.Encoding.UTF8.GetString(
                    body.AsSpan(0, Math.Min(body.Length, LongestComplaint))
                );
                string problem = string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode}: {said}");
                return (null, problem, IsPassing(response.StatusCode) ? RetryAfter(response) : null);
            }
            return ContentOf(body) is { } content
                ? (content, "", null)
                : (null, "its answer has no choices[0].message.content", TimeSpan.Zero);
        }
        catch (HttpRequestException error)
        {
            return (null, error.Message, TimeSpan.Zero);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"no answer within {_client.Timeout.TotalSeconds:0} s", TimeSpan.Zero);
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private TimeSpan RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
            _ => TimeSpan.Zero,
        };

    private static string? ContentOf(byte[] body)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(body);
            return
                answer.RootElement.ValueKind == JsonValueKind.Object
                && answer.RootElement.TryGetProperty("choices", out JsonElement choices)
                && choices.ValueKind == JsonValueKind.Array
                && choices.GetArrayLength() > 0
                && choices[0].ValueKind == JsonValueKind.Object
                && choices[0].TryGetProperty("message", out JsonElement said)
                && said.ValueKind == JsonValueKind.Object
                && said.TryGetProperty("content", out JsonElement content)
                && content.ValueKind == JsonValueKind.String
                ? content.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null; // something between us and the endpoint answered
        }
    }
}
