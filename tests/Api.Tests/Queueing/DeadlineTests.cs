using System.Text.Json;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Tests.Queueing;

/// <summary>Time limits and classes as clients ask for them, on a clock that stands unless a step moves it on.</summary>
public sealed class DeadlineTests : IAsyncLifetime
{
    private readonly MovedClock _clock = new();
    private readonly ApiApplication _app;
    private HttpClient _client = null!;

    public DeadlineTests()
    {
        _app = new ApiApplication { Time = _clock };
        _app.Pipeline.OnStep = _ => _clock.Advance(TimeSpan.FromSeconds(1));
    }

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Post_DeadlineThatCannotBeMet_IsRefusedAtOnce()
    {
        using HttpResponseMessage response = await PostAsync(("steps", "10"), ("deadline_ms", "5000"));

        await response.ProblemAsync(504, "deadline_before_start");
        Assert.Equal("false", Assert.Single(response.Headers.GetValues("x-should-retry")));
        Assert.Equal(1, _app.Pipeline.Prepared); // the warm-up
    }

    [Fact]
    public async Task Post_DeadlineThatCanBeMet_IsServed()
    {
        using HttpResponseMessage response = await PostAsync(("steps", "10"), ("deadline_ms", "15000"));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("completed", Assert.Single(response.Headers.GetValues("X-Finish-Reason")));
    }

    [Fact]
    public async Task Post_EngineSlowsDown_IsDroppedAtTheDeadline()
    {
        _app.Pipeline.OnStep = SlowFromTheThirdStep;

        using HttpResponseMessage response = await PostAsync(("steps", "10"), ("deadline_ms", "15000"));

        await response.ProblemAsync(504, "deadline_running");
        await ApiApplication.Until(() => _app.Pipeline.Disposed == _app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_EngineSlowsDownAndAPartWillDo_GivesThePictureAtTheStepReached()
    {
        _app.Pipeline.OnStep = SlowFromTheThirdStep;
        using HttpRequestMessage request = EditRequests
            .Good(("steps", "10"), ("deadline_ms", "15000"), ("on_deadline", "partial"))
            .Accepting("application/json");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        JsonElement answer = await response.JsonAsync();
        Assert.Equal("deadline", answer.GetProperty("finish_reason").GetString());
        Assert.InRange(answer.GetProperty("steps_done").GetInt32(), 2, 9);
        Assert.Equal(10, answer.GetProperty("steps").GetInt32());
    }

    [Theory]
    [InlineData("5s", 504)]
    [InlineData("5", 504)]
    [InlineData("15s", 200)]
    [InlineData("1m", 200)]
    [InlineData("1h1m1s", 200)]
    public async Task Post_CancelAfter_IsADeadline(string value, int status)
    {
        using HttpRequestMessage request = EditRequests.Good(("steps", "10"));
        request.Headers.Add("Cancel-After", value);

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("0s")]
    [InlineData("soon")]
    [InlineData("-5s")]
    [InlineData("1s1m")]
    [InlineData("25h")]
    [InlineData("500ms")]
    public async Task Post_CancelAfterThatIsNoTime_IsRefused(string value)
    {
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("Cancel-After", value);

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(400, "bad_request");
        Assert.Contains("Cancel-After", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("priority", "urgent")]
    [InlineData("deadline_ms", "0")]
    [InlineData("deadline_ms", "1.5")]
    [InlineData("on_deadline", "hope")]
    [InlineData("on_deadline", "partial")] // of no deadline
    public async Task Post_WrongTerms_AreRefused(string field, string value)
    {
        using HttpResponseMessage response = await PostAsync((field, value));

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(field, problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Post_DeadlineAndCancelAfter_TheEarlierHolds()
    {
        using HttpRequestMessage request = EditRequests.Good(("steps", "10"), ("deadline_ms", "60000"));
        request.Headers.Add("Cancel-After", "5s");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(504, "deadline_before_start");
    }

    private Task<HttpResponseMessage> PostAsync(params (string, string)[] fields) =>
        _client.SendAsync(EditRequests.Good(fields).Accepting("image/png"), TestEnd);

    private void SlowFromTheThirdStep(IReadOnlyList<EditState> states) =>
        _clock.Advance(TimeSpan.FromSeconds(states[0].StepIndex < 2 ? 1 : 4));
}
