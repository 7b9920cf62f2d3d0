using System.Threading.RateLimiting;
using InstructDiffusion.Api.Callers.Metering;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers.Metering;

public sealed class CreditLimiterTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CreditLimiter _limiter;

    public CreditLimiterTests() => _limiter = new CreditLimiter("Too much.", 60, TimeSpan.FromMinutes(1), _time);

    public void Dispose() => _limiter.Dispose();

    [Fact]
    public void Acquire_MoreThanThereIs_IsRefusedUntilItHasCome()
    {
        Assert.Null(Refusal(60));
        Assert.Equal(TimeSpan.FromSeconds(10), Refusal(10));

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.NotNull(Refusal(10));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(Refusal(10));
        Assert.Equal(0, _limiter.Credit, precision: 6);
    }

    [Fact]
    public void Acquire_Refused_TakesNothing()
    {
        Assert.Null(Refusal(50));
        Assert.NotNull(Refusal(20));

        Assert.Equal(10, _limiter.Credit, precision: 6);
    }

    [Fact]
    public void Credit_LongRest_IsNeverMoreThanOnePeriod()
    {
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(60, _limiter.Credit, precision: 6);
        Assert.Equal(TimeSpan.Zero, _limiter.TimeUntilFull);
    }

    [Fact]
    public void Spend_MoreThanThereIs_IsADebtThatHasToBePaidFirst()
    {
        _limiter.Spend(90);

        Assert.Equal(-30, _limiter.Credit, precision: 6);
        Assert.Equal(TimeSpan.FromSeconds(30), Refusal(0));
        Assert.Equal(TimeSpan.FromSeconds(90), _limiter.TimeUntilFull);
        _time.Advance(TimeSpan.FromSeconds(30.001));
        Assert.Null(Refusal(0));
    }

    [Fact]
    public void Spend_LessThanNothing_GivesBackToTheBrim()
    {
        _limiter.Spend(20);
        _limiter.Spend(-5);
        Assert.Equal(45, _limiter.Credit, precision: 6);

        _limiter.Spend(-500);
        Assert.Equal(60, _limiter.Credit, precision: 6);
    }

    [Fact]
    public async Task Acquire_ByManyAtOnce_GivesOutNoMoreThanThereIs()
    {
        bool[] acquired = await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(_ => Task.Run(() => Refusal(1) is null, TestContext.Current.CancellationToken))
        );

        Assert.Equal(60, acquired.Count(was => was));
    }

    /// <summary>Null when granted; else when to come back.</summary>
    private TimeSpan? Refusal(int permits)
    {
        using RateLimitLease lease = _limiter.AttemptAcquire(permits);
        Assert.Equal(!lease.IsAcquired, lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait));
        Assert.Equal(
            lease.IsAcquired ? null : "Too much.",
            lease.TryGetMetadata(MetadataName.ReasonPhrase, out string? reason) ? reason : null
        );
        return lease.IsAcquired ? null : wait;
    }
}
