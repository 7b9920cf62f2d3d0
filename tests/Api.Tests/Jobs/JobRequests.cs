using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Jobs;

/// <summary>What tests ask of /v1/jobs.</summary>
internal static class JobRequests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    /// <summary>A job that works.</summary>
    public static HttpRequestMessage Good(params (string Name, string Value)[] fields) =>
        Form(
            Pictures.Png(Pictures.Gradient()),
            [
                .. fields.Any(field => field.Name == "type") ? [] : new[] { ("type", "edit") },
                ("instruction", "make it winter"),
                .. fields,
            ]
        );

    public static HttpRequestMessage Form(byte[]? image, params (string Name, string Value)[] fields)
    {
        HttpRequestMessage request = EditRequests.Form(image, fields);
        request.RequestUri = new Uri("/v1/jobs", UriKind.Relative);
        return request;
    }

    public static HttpRequestMessage With(this HttpRequestMessage request, string header, string value)
    {
        request.Headers.TryAddWithoutValidation(header, value);
        return request;
    }

    /// <summary>Makes a job and gives its id.</summary>
    public static async Task<string> CreateAsync(this HttpClient client, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = Good(fields);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.True((int)response.StatusCode == 202, await response.Content.ReadAsStringAsync(TestEnd));
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }

    public static async Task<JsonElement> JobAsync(this HttpClient client, string id)
    {
        using HttpResponseMessage response = await client.GetAsync($"/v1/jobs/{id}", TestEnd);
        Assert.True((int)response.StatusCode == 200, await response.Content.ReadAsStringAsync(TestEnd));
        return await response.JsonAsync();
    }

    public static async Task<string> StatusAsync(this HttpClient client, string id) =>
        (await client.JobAsync(id)).GetProperty("status").GetString()!;

    /// <summary>Waits until a job is what it should be, and gives it.</summary>
    public static async Task<JsonElement> UntilAsync(this HttpClient client, string id, params string[] statuses)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        // A real model on a busy machine takes its time.
        patience.CancelAfter(3 * ApiApplication.Patience);
        while (true)
        {
            JsonElement job = await client.JobAsync(id);
            if (statuses.Contains(job.GetProperty("status").GetString()))
            {
                return job;
            }
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Waits until a job has ended, and gives it.</summary>
    public static Task<JsonElement> EndAsync(this HttpClient client, string id) =>
        client.UntilAsync(id, "succeeded", "failed", "cancelled", "expired");

    public static async Task<byte[]> ResultAsync(this HttpClient client, string id)
    {
        using HttpResponseMessage response = await client.GetAsync($"/v1/jobs/{id}/result", TestEnd);
        Assert.True((int)response.StatusCode == 200, await response.Content.ReadAsStringAsync(TestEnd));
        return await response.Content.ReadAsByteArrayAsync(TestEnd);
    }

    public static double Seconds(this RetryConditionHeaderValue? retryAfter) =>
        retryAfter?.Delta?.TotalSeconds ?? throw new InvalidOperationException("There is no Retry-After.");

    public static string Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values)
        || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : "";

    public static string Text(this int number) => number.ToString(CultureInfo.InvariantCulture);
}
