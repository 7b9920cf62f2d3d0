using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Data.Templates.Rewriting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Training.Tests.Data.Templates.Rewriting;

/// <summary>The rewriter against an endpoint on this machine.</summary>
public sealed class TemplateRewriterTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_TakesWhatFitsAndRefusesTheRestWithReasons()
    {
        InstructionTemplates known = TaskTemplates.Load("segmentation", null);
        await using StubChat chat = await StubChat.StartAsync(number =>
            number == 0
                ? StubChat.Say(
                    "Wash {object} over with {color}, nothing else.",
                    "  Cover {object} in {color}.  ",
                    "cover {object} in {color}",
                    known
                        .Train[0]
                        .ToUpperInvariant()
                        .Replace("{OBJECT}", "{object}", StringComparison.Ordinal)
                        .Replace("{COLOR}", "{color}", StringComparison.Ordinal),
                    known.HeldOut[0],
                    "Cover it in {color}.",
                    "Cover {object} in {color} {now}.",
                    "Cover {object} in {color} {.",
                    "Cover {object}\nin {color}.",
                    new string('x', 300),
                    ""
                )
                : StubChat.Say("Here you are:\n```json\n[\"Dye {object} {color}, please.\"]\n```")
        );

        RewriteOutcome outcome = await RunAsync(chat, "segmentation", wanted: 3);

        Assert.Equal(
            [
                "Wash {object} over with {color}, nothing else.",
                "Cover {object} in {color}.",
                "Dye {object} {color}, please.",
            ],
            outcome.Found
        );
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["empty or too long"] = 2,
                ["known already"] = 3,
                ["more than one line"] = 1,
                ["other braces"] = 1,
                ["other placeholders"] = 2,
            },
            outcome.Refused.ToDictionary()
        );
        Assert.Equal(2, outcome.Asked);
    }

    [Fact]
    public async Task Run_Keypoints_EndAsClausesDo()
    {
        await using StubChat chat = await StubChat.StartAsync(_ =>
            StubChat.Say("Ring the {joint} of the people in {color}.", "1. Show the {joint} of everybody in {color},")
        );

        RewriteOutcome outcome = await RunAsync(chat, "keypoints", wanted: 2);

        Assert.All(outcome.Found, phrasing => Assert.EndsWith(", ", phrasing, StringComparison.Ordinal));
        Assert.Equal("Ring the {joint} of the people in {color}, ", outcome.Found[0]);
    }

    [Fact]
    public async Task Run_Lines_AreReadToo()
    {
        await using StubChat chat = await StubChat.StartAsync(_ =>
            StubChat.Say("1. Clear the grain\n2. \"Calm the noisy picture\"\n- Polish the photo")
        );

        RewriteOutcome outcome = await RunAsync(chat, "denoise", wanted: 3);

        Assert.Equal(["Clear the grain", "Calm the noisy picture", "Polish the photo"], outcome.Found);
    }

    [Fact]
    public async Task Run_ModelWithNothingToSay_EndsAfterAFewRounds()
    {
        await using StubChat chat = await StubChat.StartAsync(_ => StubChat.Say("Sharpen the image"));

        RewriteOutcome outcome = await RunAsync(chat, "deblur", wanted: 5);

        Assert.Empty(outcome.Found);
        Assert.Equal(3, chat.Asked.Count);
    }

    [Fact]
    public async Task Run_Again_AsksNothing()
    {
        await using StubChat chat = await StubChat.StartAsync(number =>
            StubChat.Say($"Quiet the picture, take {number}")
        );

        RewriteOutcome first = await RunAsync(chat, "denoise", wanted: 2);
        RewriteOutcome second = await RunAsync(chat, "denoise", wanted: 2);

        Assert.Equal(first.Found, second.Found);
        Assert.Equal((2, 0), (first.Asked, second.Asked));
        Assert.Equal(2, chat.Asked.Count);
    }

    [Fact]
    public async Task Ask_SendsModelMessagesAndKey()
    {
        await using StubChat chat = await StubChat.StartAsync(_ => StubChat.Say("fine"));
        using ChatEndpoint endpoint = Endpoint(chat, key: "secret");

        Assert.Equal("fine", await endpoint.AskAsync(Request("denoise"), CancellationToken.None));

        System.Text.Json.JsonElement asked = Assert.Single(chat.Asked);
        Assert.Equal("tiny", asked.GetProperty("model").GetString());
        Assert.Equal(
            ["system", "user"],
            asked.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString())
        );
        Assert.Equal("Bearer secret", Assert.Single(chat.Keys));
    }

    [Fact]
    public async Task Ask_PassingFailures_AreTriedAgainAsTheEndpointAsks()
    {
        var time = new FakeTimeProvider();
        await using StubChat chat = await StubChat.StartAsync(number =>
            number switch
            {
                0 => new WithRetryAfter(429, "7"),
                1 => Results.StatusCode(503),
                2 => Results.Text("no JSON"),
                _ => StubChat.Say("at last"),
            }
        );
        using ChatEndpoint endpoint = Endpoint(chat, time: time, attempts: 4);

        Task<string> asking = endpoint.AskAsync(Request("denoise"), CancellationToken.None);

        await AdvanceUntilAsync(asking, time);
        Assert.Equal("at last", await asking);
        Assert.Equal(4, chat.Asked.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(302)]
    public async Task Ask_LastingFailures_AreNotTriedAgain(int status)
    {
        await using StubChat chat = await StubChat.StartAsync(_ => Results.Text("no such model", statusCode: status));
        using ChatEndpoint endpoint = Endpoint(chat);

        var thrown = await Assert.ThrowsAsync<RewriteException>(() =>
            endpoint.AskAsync(Request("denoise"), CancellationToken.None)
        );

        Assert.Contains($"{status}: no such model", thrown.Message, StringComparison.Ordinal);
        Assert.Single(chat.Asked);
    }

    [Fact]
    public async Task Ask_FailuresWithoutEnd_EndAfterTheAttempts()
    {
        var time = new FakeTimeProvider();
        await using StubChat chat = await StubChat.StartAsync(_ => Results.StatusCode(500));
        using ChatEndpoint endpoint = Endpoint(chat, time: time, attempts: 3);

        Task<string> asking = endpoint.AskAsync(Request("denoise"), CancellationToken.None);

        await AdvanceUntilAsync(asking, time);
        Assert.Contains(
            "attempt 3 of 3",
            (await Assert.ThrowsAsync<RewriteException>(() => asking)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Ask_AnswerThatWouldFillTheMemory_IsAFailure()
    {
        await using StubChat chat = await StubChat.StartAsync(_ => StubChat.Say(new string('x', 5 << 20)));
        using ChatEndpoint endpoint = Endpoint(chat, attempts: 1);

        await Assert.ThrowsAsync<RewriteException>(() => endpoint.AskAsync(Request("denoise"), CancellationToken.None));
    }

    [Theory]
    [InlineData("ftp://here/v1", null)]
    [InlineData("nowhere", null)]
    [InlineData("http://example.com/v1", "secret")]
    public void Constructor_AddressThatCannotBe_IsRefused(string address, string? key) =>
        Assert.Throws<RewriteException>(() => new ChatEndpoint(address, key, _patience, 1, TimeProvider.System));

    private async Task<RewriteOutcome> RunAsync(StubChat chat, string task, int wanted)
    {
        using ChatEndpoint endpoint = Endpoint(chat);
        var rewriter = new TemplateRewriter(endpoint.AskAsync, new RewriteCache(_folder.Of("cache")), "tiny");
        return await rewriter.RunAsync(task, TaskTemplates.Load(task, null), wanted, CancellationToken.None);
    }

    private static ChatEndpoint Endpoint(
        StubChat chat,
        string? key = null,
        TimeProvider? time = null,
        int attempts = 1
    ) => new(chat.Address, key, _patience, attempts, time ?? TimeProvider.System);

    private static ChatRequest Request(string task) =>
        RewritePrompt.Ask("tiny", task, TaskTemplates.Load(task, null).Train, 5, 1);

    private static async Task AdvanceUntilAsync(Task task, FakeTimeProvider time)
    {
        DateTimeOffset end = TimeProvider.System.GetUtcNow() + _patience;
        while (!task.IsCompleted && TimeProvider.System.GetUtcNow() < end)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(task, Task.Delay(10));
        }
    }

    private sealed class WithRetryAfter(int status, string seconds) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.Headers.RetryAfter = seconds;
            return Task.CompletedTask;
        }
    }
}
