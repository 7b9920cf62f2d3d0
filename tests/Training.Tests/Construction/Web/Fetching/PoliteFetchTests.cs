using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Data;
using Microsoft.AspNetCore.Http;

namespace InstructDiffusion.Training.Tests.Construction.Web.Fetching;

/// <summary>robots.txt, turns, waits and the cache.</summary>
public sealed class PoliteFetchTests
{
    private static readonly byte[] _picture = Scenes.Png(Scenes.Of(1));

    [Fact]
    public async Task Fetch_WhatRobotsForbids_IsNotAskedFor()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", "User-agent: pairs-test\nDisallow: /private/\nAllow: /private/open")
            .With("/private/a.png", _picture)
            .With("/private/open.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/private/a.png"));
        await shop.FetchPictureAsync(shop.Site.Of("/private/open.png"));

        Assert.Equal("is forbidden by robots.txt", refusal.Reason);
        Assert.Equal(["site.test/robots.txt", "site.test/private/open.png"], shop.Site.AskedAtAll);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Fetch_WhereRobotsCannotBeHad_NothingIsAllowed(int status)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", Status(status)).With("/a.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/a.png"));

        Assert.Equal("is on a host whose robots.txt cannot be had", refusal.Reason);
        Assert.Empty(shop.Site.Asked);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task Fetch_WhereThereIsNoRobots_EverythingIsAllowed(int status)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", Status(status)).With("/a.png", _picture);

        await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal(["site.test/a.png"], shop.Site.Asked);
    }

    [Fact]
    public async Task Fetch_RobotsThatIsRedirectedIntoTheHouse_AllowsNothing()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.WithRedirect("/robots.txt", "http://169.254.169.254/robots.txt").With("/a.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/a.png"));

        Assert.Equal("is on a host whose robots.txt cannot be had", refusal.Reason);
        Assert.Empty(shop.Site.Asked);
    }

    [Fact]
    public async Task Fetch_RobotsLongerThanItsBound_HoldsInItsBeginning()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        string robots = "User-agent: *\nDisallow: /private/\n" + new string('#', RobotsFile.MaxBytes);
        shop.Site.With("/robots.txt", robots).With("/private/a.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/private/a.png"));

        Assert.Equal("is forbidden by robots.txt", refusal.Reason);
    }

    [Fact]
    public async Task Fetch_Robots_IsAskedForOnceADay()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", "User-agent: *\nDisallow:").With("/a.png", _picture);
        shop.Site.With("/b.png", _picture).With("/c.png", _picture);

        await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        shop.Clock.Advance(TimeSpan.FromHours(23));
        shop.Restart();
        await shop.FetchPictureAsync(shop.Site.Of("/b.png"));
        int withinADay = RobotsAsked();
        shop.Clock.Advance(TimeSpan.FromHours(1.1));
        await shop.FetchPictureAsync(shop.Site.Of("/c.png"));

        Assert.Equal(1, withinADay);
        Assert.Equal(2, RobotsAsked());

        int RobotsAsked() => shop.Site.AskedAtAll.Count - shop.Site.Asked.Count;
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("User-agent: *\nCrawl-delay: 9", 9)]
    [InlineData("User-agent: *\nCrawl-delay: 0.1", 2)] // ours is longer
    public async Task Fetch_TwoThingsOfAHost_HasAPauseBetweenThem(string robots, double seconds)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", robots).With("/a.png", _picture).With("/b.png", _picture);

        await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        int before = shop.Clock.Waits.Count;
        await shop.FetchPictureAsync(shop.Site.Of("/b.png"));

        Assert.Equal([TimeSpan.FromSeconds(seconds)], shop.Clock.Waits.Skip(before));
    }

    [Fact]
    public async Task Fetch_ManyAtOnce_AskAHostOneThingAtATime()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        int atOnce = 0;
        int most = 0;
        for (int i = 0; i < 6; i++)
        {
            shop.Site.With(
                $"/{i}.png",
                async http =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref atOnce));
                    await http.Response.Body.WriteAsync(_picture);
                    Interlocked.Decrement(ref atOnce); // the answer ends behind this
                }
            );
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => shop.FetchPictureAsync(shop.Site.Of($"/{i}.png"))));

        Assert.Equal(6, shop.Site.Asked.Count);
        Assert.Equal(1, most);
        Assert.True(shop.Clock.Waits.Count >= 6); // after robots.txt and between them
    }

    [Fact]
    public async Task Fetch_CrawlDelayBeyondPatience_LeavesTheHostAlone()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/robots.txt", "User-agent: *\nCrawl-delay: 86400").With("/a.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/a.png"));

        Assert.Equal("is on a host whose robots.txt asks for longer waits than allowed", refusal.Reason);
        Assert.Empty(shop.Site.Asked);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Fetch_BusyHost_IsAskedAgainWhenItSaid(int status)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        int asked = 0;
        shop.Site.With(
            "/a.png",
            http =>
            {
                if (asked++ == 0)
                {
                    http.Response.StatusCode = status;
                    http.Response.Headers.RetryAfter = "77";
                    return Task.CompletedTask;
                }
                return http.Response.Body.WriteAsync(_picture).AsTask();
            }
        );

        await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal(2, asked);
        Assert.Contains(TimeSpan.FromSeconds(77), shop.Clock.Waits);
    }

    [Fact]
    public async Task Fetch_HostThatStaysBusy_IsAskedAFewTimesWithGrowingWaits()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.png", Status(503));

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/a.png"));

        Assert.Equal(("answered 503", RefusalKind.Passing), (refusal.Reason, refusal.Kind));
        Assert.Equal(4, shop.Site.Asked.Count);
        Assert.Equal([2, 5, 10, 20], shop.Clock.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task Fetch_HostThatAsksForHours_IsLeftAloneForTheRun()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With(
            "/a.png",
            http =>
            {
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                http.Response.Headers.RetryAfter = shop.Clock.GetUtcNow().AddHours(3).ToString("R");
                return Task.CompletedTask;
            }
        );
        shop.Site.With("/b.png", _picture);

        FetchRefusedException first = await shop.RefusedAsync(shop.Site.Of("/a.png"));
        FetchRefusedException second = await shop.RefusedAsync(shop.Site.Of("/b.png"));
        shop.Restart();
        await shop.FetchPictureAsync(shop.Site.Of("/b.png"));

        Assert.Equal("asks to be left alone for longer than allowed", first.Reason);
        Assert.Equal("is on a host that is left alone", second.Reason);
        Assert.Equal(["site.test/a.png", "site.test/b.png"], shop.Site.Asked);
    }

    [Fact]
    public async Task Fetch_HostOfManyFailures_IsGivenUp()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Options = shop.Options with { Attempts = 1 };
        for (int i = 0; i < 5; i++)
        {
            shop.Site.With($"/{i}.png", Status(500));
            await shop.RefusedAsync(shop.Site.Of($"/{i}.png"));
        }

        Assert.Equal(3, shop.Site.Asked.Count);
    }

    [Fact]
    public async Task Fetch_WhatTheCacheHas_IsNotAskedForAgain()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.png", _picture).With("/gone.png", Status(404));

        WebRecord first = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        await shop.RefusedAsync(shop.Site.Of("/gone.png"));
        shop.Clock.Advance(TimeSpan.FromDays(300));
        shop.Restart();
        WebRecord second = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        FetchRefusedException gone = await shop.RefusedAsync(shop.Site.Of("/gone.png"));

        Assert.Equal(first.FetchedAt, second.FetchedAt);
        Assert.Equal("answered 404", gone.Reason);
        Assert.Equal(["site.test/a.png", "site.test/gone.png"], shop.Site.Asked);
    }

    [Fact]
    public async Task Fetch_Refresh_AsksWithWhatIsKnownAndKeepsTheBody()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        var seen = new List<(string Tag, string Since)>();
        shop.Site.With(
            "/a.png",
            http =>
            {
                seen.Add(
                    (http.Request.Headers.IfNoneMatch.ToString(), http.Request.Headers.IfModifiedSince.ToString())
                );
                http.Response.Headers.ETag = "\"v1\"";
                http.Response.Headers.LastModified = "Wed, 21 Oct 2015 07:28:00 GMT";
                if (seen.Count > 1)
                {
                    http.Response.StatusCode = StatusCodes.Status304NotModified;
                    return Task.CompletedTask;
                }
                return http.Response.Body.WriteAsync(_picture).AsTask();
            }
        );

        WebRecord first = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        shop.Clock.Advance(TimeSpan.FromDays(1));
        shop.Restart(options => options with { Refresh = true });
        WebRecord second = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal([("", ""), ("\"v1\"", "Wed, 21 Oct 2015 07:28:00 GMT")], seen);
        Assert.True(second.FetchedAt > first.FetchedAt);
        Assert.Equal((first.Sha256, first.Picture!.Hash), (second.Sha256, second.Picture!.Hash));
        Assert.Equal(_picture, shop.Cache.BodyOf(shop.Site.Of("/a.png"), second));
    }

    [Fact]
    public async Task Fetch_DamagedCache_IsFetchedAgain()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.png", _picture);
        await shop.FetchPictureAsync(shop.Site.Of("/a.png"));
        foreach (string file in Directory.GetFiles(shop.CacheFolder, "*.body", SearchOption.AllDirectories))
        {
            await File.AppendAllTextAsync(file, "x", TestContext.Current.CancellationToken);
        }
        shop.Restart();

        WebRecord record = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal(_picture, shop.Cache.BodyOf(shop.Site.Of("/a.png"), record));
        Assert.Equal(2, shop.Site.Asked.Count);
    }

    [Fact]
    public async Task Take_CacheThatIsFetchedInto_IsRefused()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        _ = shop.Cache;

        Assert.Throws<DatasetException>(() => WebCache.Take(shop.CacheFolder));
    }

    private static RequestDelegate Status(int status) =>
        http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        };
}
