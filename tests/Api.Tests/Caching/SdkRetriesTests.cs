using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
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
        EditOrder first = _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));
        EditOrder second = _retries.Settle(Try("1"), "caller", "model", Order(seed: 6));

        Assert.Equal((5, 5), (first.Request.Seed, second.Request.Seed));
        Assert.Equal((EditReuse.Brief, EditReuse.Brief), (first.Reuse, second.Reuse));
    }

    [Fact]
    public void Settle_SecondTryWhoseFirstNeverArrived_IsRememberedForTheThird()
    {
        _retries.Settle(Try("1"), "caller", "model", Order(seed: 6));

        Assert.Equal(6, _retries.Settle(Try("2"), "caller", "model", Order(seed: 7)).Request.Seed);
    }

    [Fact]
    public void Settle_AnotherFirstTry_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));

        Assert.Equal(6, _retries.Settle(Try("0"), "caller", "model", Order(seed: 6)).Request.Seed);
    }

    [Fact]
    public void Settle_AfterTwoMinutes_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));

        _time.Advance(TimeSpan.FromSeconds(121));

        Assert.Equal(6, _retries.Settle(Try("1"), "caller", "model", Order(seed: 6)).Request.Seed);
    }

    [Fact]
    public void Settle_AnotherCallerOrAnotherRequest_IsAnotherEdit()
    {
        _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));
        EditOrder other = Order(seed: 6);
        other = other with { Request = other.Request with { Steps = 7 } };

        Assert.Equal(6, _retries.Settle(Try("1"), "stranger", "model", Order(seed: 6)).Request.Seed);
        Assert.Equal(6, _retries.Settle(Try("1"), "caller", "model", other).Request.Seed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("-1")]
    [InlineData("99999999999999")]
    public void Settle_NoSuchHeaderOrGarbage_ChangesNothing(string? header)
    {
        _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));

        EditOrder order = _retries.Settle(Try(header), "caller", "model", Order(seed: 6));

        Assert.Equal((6, EditReuse.None), (order.Request.Seed, order.Reuse));
    }

    [Fact]
    public void Settle_SeedGiven_KeepsIt()
    {
        _retries.Settle(Try("0"), "caller", "model", Order(seed: 5));

        EditOrder order = _retries.Settle(Try("1"), "caller", "model", Order(seed: 6) with { Reuse = EditReuse.Full });

        Assert.Equal((6, EditReuse.Full), (order.Request.Seed, order.Reuse));
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

    private static EditOrder Order(long seed) =>
        new(
            new EditRequest
            {
                Image = Pictures.Gradient(),
                Instruction = "make it winter",
                Seed = seed,
            },
            Alpha: null,
            OutputFormat: null
        );
}
