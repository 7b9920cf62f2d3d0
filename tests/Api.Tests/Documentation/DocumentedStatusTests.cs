using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Documentation;

/// <summary>
/// Every status that the OpenAPI document promises is given by the server in some test. Runs after all others, as xunit keeps
/// collections that do not run in parallel for the end.
/// </summary>
[Collection(nameof(AfterAllOthers))]
public sealed class DocumentedStatusTests
{
    // A run of single classes has seen less, and tells nothing of the document.
    private const int AnswersOfAWholeRun = 450;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_EveryStatus_WasGivenInSomeTest()
    {
        Assert.SkipWhen(
            SeenAnswers.Total < AnswersOfAWholeRun,
            $"This is no whole run: {SeenAnswers.Total} answers were seen, a whole one has {AnswersOfAWholeRun} and more."
        );
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage response = await client.GetAsync("/openapi/v1.json", TestEnd);
        JsonElement paths = (await response.JsonAsync()).GetProperty("paths");

        string[] never =
        [
            .. from path in paths.EnumerateObject()
            from verb in path.Value.EnumerateObject()
            where verb.Value.ValueKind == JsonValueKind.Object && verb.Value.TryGetProperty("responses", out _)
            from status in verb.Value.GetProperty("responses").EnumerateObject()
            where !SeenAnswers.Any(verb.Name, path.Name, int.Parse(status.Name))
            select $"{verb.Name.ToUpperInvariant()} {path.Name} {status.Name}",
        ];

        Assert.True(never.Length == 0, $"No test has seen: {string.Join(", ", never)}");
    }
}

/// <summary>Tests that look back on a whole run.</summary>
[CollectionDefinition(nameof(AfterAllOthers), DisableParallelization = true)]
public sealed class AfterAllOthers;
