using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Caching;

public sealed class SdkRetriesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly SdkRetries _retries;

    public SdkRetriesTests() => _retries = new SdkRetries(_time);

    [Fact]
    public void Settle_SecondTryOfTheSameRequest_GetsTheFirstSeed()
    {
        (EditRequest first, EditReuse reuse) = _retries.Settle(Try("0"), "caller", "model", Edit(seed: 5));
        (EditRequest second, EditReuse again) = _retries.Settle(Try("1"), "caller", "model", Edit(seed: 6));

        Assert.Equal((5, 5), (first.Seed, second.Seed));
        Assert.Equal((EditReuse.ForRetries, EditReuse.ForRetries), (reuse, again));
    }

    [Fact]
    public void Settle_SecondTryWhoseFirstNeverArrived_IsRememberedForTheThird()
    {
        _retries.Settle(Try("1"), "caller", "model", Edit(seed: 6));

        Assert.Equal(6, _retries.Settle(Try("2"), "caller", "model", Edit(seed: 7)).Edit.Seed);
    }

    [Fact]
    public void Settle_AnotherFirstTry_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Edit(seed: 5));

        Assert.Equal(6, _retries.Settle(Try("0"), "caller", "model", Edit(seed: 6)).Edit.Seed);
    }

    [Fact]
    public void Settle_AfterTwoMinutes_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Edit(seed: 5));

        _time.Advance(TimeSpan.FromSeconds(121));

        Assert.Equal(6, _retries.Settle(Try("1"), "caller", "model", Edit(seed: 6)).Edit.Seed);
    }

    [Fact]
    public void Settle_AnotherCallerOrAnotherRequest_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Edit(seed: 5));
        EditRequest other = Edit(seed: 6) with { Steps = 7 };

        Assert.Equal(6, _retries.Settle(Try("1"), "stranger", "model", Edit(seed: 6)).Edit.Seed);
        Assert.Equal(6, _retries.Settle(Try("1"), "caller", "model", other).Edit.Seed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("-1")]
    [InlineData("99999999999999")]
    public void Settle_NoSuchHeaderOrGarbage_ChangesNothing(string? header)
    {
        _retries.Settle(Try("0"), "caller", "model", Edit(seed: 5));

        (EditRequest edit, EditReuse reuse) = _retries.Settle(Try(header), "caller", "model", Edit(seed: 6));

        Assert.Equal((6, EditReuse.None), (edit.Seed, reuse));
    }

    public void Dispose() => _retries.Dispose();

    private static HttpRequest Try(string? count)
    {
        var http = new DefaultHttpContext();
        if (count is not null)
        {
            http.Request.Headers[SdkRetries.Header] = count;
        }
        return http.Request;
    }

    private static EditRequest Edit(long seed) =>
        new()
        {
            Image = Pictures.Gradient(),
            Instruction = "make it winter",
            Seed = seed,
        };
}
