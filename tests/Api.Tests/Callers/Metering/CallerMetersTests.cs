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
    public void RequestsOf_CallersWithNames_HaveOneMeterEachWhereverTheyCallFrom()
    {
        CallerMeters meters = Meters(new CallerLimits { RequestsPerMinute = 60, EngineSecondsPerMinute = 60 });

        Assert.Same(meters.RequestsOf(From("10.0.0.1", "alice")), meters.RequestsOf(From("10.0.0.2", "alice")));
        Assert.NotSame(meters.RequestsOf(From("10.0.0.1", "alice")), meters.RequestsOf(From("10.0.0.1", "bob")));
        Assert.Same(meters.EngineOf("alice"), meters.EngineOf("alice"));
        Assert.NotSame(meters.EngineOf("alice"), meters.EngineOf("bob"));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)] // one customer's network
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void RequestsOf_AnonymousCallers_AreToldApartByTheirNetwork(string first, string second, bool same)
    {
        CallerMeters meters = Meters();

        Assert.Equal(same, ReferenceEquals(meters.RequestsOf(From(first)), meters.RequestsOf(From(second))));
    }

    [Fact]
    public void RequestsOf_AFloodOfAddresses_KeepsABoundedNumberOfMetersAndForgetsTheIdle()
    {
        CallerMeters meters = Meters();
        CallerMeter alice = meters.RequestsOf(From("10.0.0.1", "alice"));
        Assert.True(alice.Acquire()!.IsAcquired);
        for (int i = 0; i < 3 * CallerMeters.MostMeters; i++)
        {
            using var lease = meters.RequestsOf(From(new IPAddress(0x0100_0000 + i).ToString())).Acquire();
        }

        Assert.InRange(meters.Count, 1, CallerMeters.MostMeters + 1);
        // It owes something, and is remembered.
        Assert.Same(alice, meters.RequestsOf(From("10.0.0.1", "alice")));
        CallerMeter newcomer = meters.RequestsOf(From("198.51.100.1"));
        Assert.Same(newcomer, meters.RequestsOf(From("198.51.100.2")));

        _time.Advance(TimeSpan.FromMinutes(1)); // all are idle now
        Assert.NotSame(newcomer, meters.RequestsOf(From("198.51.100.1")));
        Assert.InRange(meters.Count, 1, 2);
    }

    [Fact]
    public void RequestsOf_WithoutLimits_KeepsNothing()
    {
        CallerMeters meters = Meters(new CallerLimits());

        Assert.Null(meters.RequestsOf(From("192.0.2.1")).Acquire());
        Assert.Null(meters.EngineOf("alice"));
        Assert.Equal(0, meters.Count);
    }

    [Fact]
    public void LimitsOfAKey_GoBeforeTheDefaults()
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
                            EngineSecondsPerMinute = 7.5,
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

        CallerLimits alice = meters.RequestsOf(From("192.0.2.1", "alice")).Limits;
        CallerLimits bob = meters.RequestsOf(From("192.0.2.1", "bob")).Limits;
        Assert.Equal((5, 2), (alice.RequestsPerMinute, alice.ConcurrentRequests));
        Assert.Equal((60, 2), (bob.RequestsPerMinute, bob.ConcurrentRequests));
        Assert.Equal(7.5, meters.EngineOf("alice")?.Capacity);
        Assert.Null(meters.EngineOf("bob"));
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
