using System.Net;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests;

/// <summary>What tests ask of answers.</summary>
internal static class Answers
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestEnd));
        return document.RootElement.Clone();
    }

    /// <summary>Checks that the answer is a whole problem with this status and code, and gives it.</summary>
    public static async Task<JsonElement> ProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        string body = await response.Content.ReadAsStringAsync(TestEnd);
        Assert.True(response.StatusCode == (HttpStatusCode)status, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = await response.JsonAsync();
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal($"/problems/{code}", problem.GetProperty("type").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.NotEqual("", problem.GetProperty("traceId").GetString());
        Assert.Equal(response.RequestMessage!.RequestUri!.AbsolutePath, problem.GetProperty("instance").GetString());
        return problem;
    }
}
