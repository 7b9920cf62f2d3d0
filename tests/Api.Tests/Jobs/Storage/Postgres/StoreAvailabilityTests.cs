using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

public sealed class StoreAvailabilityTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly StoreAvailability _availability;

    public StoreAvailabilityTests() => _availability = new(new JobClock(_time), TimeSpan.FromSeconds(10));

    [Fact]
    public void For_BeforeTheFirstSuccess_IsNothing()
    {
        _availability.Failed();
        Pass(100);

        Assert.Equal(TimeSpan.Zero, _availability.For);
    }

    [Fact]
    public void For_NothingFails_GrowsHoweverLongNobodyAsks()
    {
        _availability.Succeeded();
        Pass(100);
        _availability.Succeeded();

        Assert.Equal(TimeSpan.FromSeconds(100), _availability.For);
    }

    [Theory]
    [InlineData(9, 109)]
    [InlineData(11, 0)]
    public void For_AfterFailures_BeginsAnewUnlessTheyWereShort(int away, int expected)
    {
        _availability.Succeeded();
        Pass(100);
        _availability.Succeeded();
        _availability.Failed();
        Pass(away);
        _availability.Failed();

        _availability.Succeeded();

        Assert.Equal(TimeSpan.FromSeconds(expected), _availability.For);
    }

    private void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
