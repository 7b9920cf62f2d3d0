using System.Net;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Callers.Metering;
using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers.Metering;

public sealed class CallerMetersTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Of_CallersWithNames_HaveOneMeterEachWhereverTheyCallFrom()
    {
        CallerMeters meters = Meters();

        Assert.Same(meters.Of(From("10.0.0.1", "alice")), meters.Of(From("10.0.0.2", "alice")));
        Assert.Same(meters.Of(From("10.0.0.1", "alice")), meters.Of("alice"));
        Assert.NotSame(meters.Of(From("10.0.0.1", "alice")), meters.Of(From("10.0.0.1", "bob")));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)] // one customer's network
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void Of_AnonymousCallers_AreToldApartByTheirNetwork(string first, string second, bool same)
    {
        CallerMeters meters = Meters();

        Assert.Equal(same, ReferenceEquals(meters.Of(From(first)), meters.Of(From(second))));
    }

    [Fact]
    public void Of_AnonymousCallers_CannotTakeTheMeterOfACallerWithAName()
    {
        CallerMeters meters = Meters();

        Assert.NotSame(meters.Of(From("192.0.2.1")), meters.Of("192.0.2.1"));
        // Their engine time counts together.
        Assert.NotSame(meters.Of(From("192.0.2.1")), meters.Of(""));
    }

    [Fact]
    public void Of_AFloodOfAddresses_KeepsABoundedNumberOfMetersAndForgetsTheIdle()
    {
        CallerMeters meters = Meters(new CallerLimits { RequestsPerMinute = 60 });
        Assert.True(meters.Of("alice").Acquire()!.IsAcquired);
        CallerMeter alice = meters.Of("alice");
        for (int i = 0; i < 3 * CallerMeters.MostMeters; i++)
        {
            using var lease = meters.Of(From(new IPAddress(0x0100_0000 + i).ToString())).Acquire();
        }

        Assert.InRange(meters.Count, 1, CallerMeters.MostMeters + 1);
        Assert.Same(alice, meters.Of("alice")); // it owes something, and is remembered
        CallerMeter newcomer = meters.Of(From("198.51.100.1"));
        Assert.Same(newcomer, meters.Of(From("198.51.100.2")));

        _time.Advance(TimeSpan.FromMinutes(1)); // all are idle now
        Assert.NotSame(newcomer, meters.Of(From("198.51.100.1")));
        Assert.InRange(meters.Count, 1, 2);
    }

    [Fact]
    public void Of_LimitsOfAKey_GoBeforeTheDefaults()
    {
        CallerMeters meters = new(
            new KeyStore(
                new SecurityOptions
                {
                    Keys =
                    [
                        new ApiKeyEntry
                        {
                            Name = "alice",
                            Hash = ApiKey.Hash("1"),
                            Scopes = "edit",
                            RequestsPerMinute = 5,
                        },
                    ],
                }
            ),
            new SecurityOptions
            {
                Limits = new CallerLimits { RequestsPerMinute = 60, ConcurrentRequests = 2 },
            },
            _time
        );

        Assert.Equal(
            (5, 2),
            (meters.Of("alice").Limits.RequestsPerMinute, meters.Of("alice").Limits.ConcurrentRequests)
        );
        Assert.Equal((60, 2), (meters.Of("bob").Limits.RequestsPerMinute, meters.Of("bob").Limits.ConcurrentRequests));
    }

    [Fact]
    public void Remaining_AfterUse_TellsWhatIsLeftAndWhenItIsBack()
    {
        using var meter = new CallerMeter(
            new CallerLimits { RequestsPerMinute = 60, EngineSecondsPerMinute = 300 },
            _time
        );

        meter.Acquire()!.Dispose();
        meter.Engine!.Spend(310);

        Assert.Equal("\"rpm\";q=60;w=60, \"gpu\";q=300;w=60", meter.Policy);
        Assert.Equal("\"rpm\";r=59;t=1, \"gpu\";r=0;t=62", meter.Remaining);
        Assert.False(meter.IsIdle);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("\"rpm\";r=60;t=0, \"gpu\";r=300;t=0", meter.Remaining);
        Assert.True(meter.IsIdle);
    }

    private CallerMeters Meters(CallerLimits? limits = null) =>
        new(
            new KeyStore(new SecurityOptions()),
            new SecurityOptions { Limits = limits ?? new CallerLimits { RequestsPerMinute = 60 } },
            _time
        );

    private static DefaultHttpContext From(string address, string? name = null)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (name is not null)
        {
            http.Features.Set(new Caller(name, new HashSet<string>()));
        }
        return http;
    }
}
