using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace InstructDiffusion.Server.Load.Measuring;

/// <summary>What the server counts itself, read from /metrics and /v1/queue.</summary>
/// <param name="Steps">Denoising steps; null where /metrics cannot be read.</param>
/// <param name="Rows">UNet rows of those steps; null where /metrics cannot be read.</param>
/// <param name="Prediction">Actual over predicted time of edits, the 5th, 50th and 95th percentile; null where unknown.</param>
internal sealed record ServerFigures(double? Steps, double? Rows, (double P5, double P50, double P95)? Prediction)
{
    private const string MemoryMetric = "dotnet_process_memory_working_set_bytes";
    private const string RowsMetric = "idiff_engine_batch_rows";

    /// <summary>Reads them; what the server does not tell stays unknown.</summary>
    /// <param name="client">Goes to the server.</param>
    /// <param name="key">A key that may read metrics; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<ServerFigures> ReadAsync(
        HttpClient client,
        string? key,
        CancellationToken cancellationToken
    )
    {
        string? metrics = await GetAsync(client, "/metrics", key, cancellationToken);
        string? queue = await GetAsync(client, "/v1/queue", key, cancellationToken);
        return new ServerFigures(
            metrics is null ? null : SumOf(metrics, $"{RowsMetric}_count"),
            metrics is null ? null : SumOf(metrics, $"{RowsMetric}_sum"),
            queue is null ? null : PredictionOf(queue)
        );
    }

    /// <summary>Reads the resident memory of the server's process, in MiB; null where /metrics cannot be read.</summary>
    public static async Task<double?> ReadMemoryAsync(
        HttpClient client,
        string? key,
        CancellationToken cancellationToken
    ) =>
        await GetAsync(client, "/metrics", key, cancellationToken) is { } metrics
            ? SumOf(metrics, MemoryMetric) / (1024 * 1024)
            : null;

    /// <summary>Mean rows of a step since an earlier reading; null when unknown or when no step was taken.</summary>
    public double? RowsPerStepSince(ServerFigures before) =>
        Steps - before.Steps is > 0 and { } steps ? (Rows - before.Rows) / steps : null;

    /// <summary>The sum of a metric over its labels, in Prometheus' text format.</summary>
    internal static double SumOf(string text, string metric) =>
        text.Split('\n')
            .Where(line => line.StartsWith(metric, StringComparison.Ordinal))
            .Where(line => line.Length > metric.Length && line[metric.Length] is '{' or ' ')
            .Select(line => line[(line.LastIndexOf('}') + 1)..].Trim().Split(' '))
            .Sum(parts =>
                double.Parse(
                    parts[metric.Equals(parts[0], StringComparison.Ordinal) ? 1 : 0],
                    CultureInfo.InvariantCulture
                )
            );

    private static (double, double, double)? PredictionOf(string queue)
    {
        using JsonDocument document = JsonDocument.Parse(queue);
        return document.RootElement.TryGetProperty("edit_prediction", out JsonElement prediction)
            ? (Ratio("p5"), Ratio("p50"), Ratio("p95"))
            : null;

        double Ratio(string name) => prediction.GetProperty(name).GetDouble();
    }

    private static async Task<string?> GetAsync(
        HttpClient client,
        string path,
        string? key,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync(cancellationToken) : null;
    }
}
