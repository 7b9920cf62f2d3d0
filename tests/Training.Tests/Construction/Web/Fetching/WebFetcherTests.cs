using System.IO.Compression;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Web.Fetching;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Training.Tests.Construction.Web.Fetching;

/// <summary>What a hostile site can answer, and what becomes of it.</summary>
public sealed class WebFetcherTests
{
    private static readonly byte[] _picture = Scenes.Png(Scenes.Of(1));

    [Fact]
    public async Task Fetch_APicture_IsKeptWithWhereAndWhen()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.png", _picture);

        WebRecord record = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal(shop.Site.Of("/a.png").AbsoluteUri, record.FinalUrl);
        Assert.Equal(shop.Clock.GetUtcNow(), record.FetchedAt);
        Assert.Equal(WebCache.HashOf(_picture), record.Sha256);
        Assert.Equal((96, 72), (record.Picture!.Width, record.Picture.Height));
        Assert.Equal(_picture, shop.Cache.BodyOf(shop.Site.Of("/a.png"), record));
        Assert.Equal(["site.test/robots.txt", "site.test/a.png"], shop.Site.AskedAtAll);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "does not lead to the public internet")]
    [InlineData("http://[::1]:{port}/a.png", "does not lead to the public internet")]
    [InlineData("http://2130706434:{port}/a.png", "does not lead to the public internet")] // 127.0.0.2
    [InlineData("http://inner.test/a.png", "does not lead to the public internet")]
    [InlineData("http://10.0.0.1/a.png", "does not lead to the public internet")]
    [InlineData("file:///etc/passwd", "is redirected to what is no http or https address")]
    [InlineData("http://user:secret@site.test:{port}/a.png", "is redirected to what is no http or https address")]
    [InlineData("/loop", "is redirected too often")]
    public async Task Fetch_RedirectToWhereNobodyGoes_IsRefused(string location, string reason)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        string target = location.Replace("{port}", $"{shop.Site.Port}", StringComparison.Ordinal);
        shop.Site.WithRedirect("/trap", target).WithRedirect("/loop", "/loop").With("/a.png", _picture);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/trap"));

        Assert.Equal(reason, refusal.Reason);
        Assert.DoesNotContain("site.test/a.png", shop.Site.Asked);
    }

    [Theory]
    [InlineData("http://169.254.169.254/a.png")]
    [InlineData("http://inner.test/a.png")]
    [InlineData("http://localhost.localdomain.test:1/a.png", "cannot be connected to")]
    [InlineData("http://nobody.test/a.png", "has a host that is not found")]
    public async Task Fetch_AddressThatIsNotCalled_IsRefusedWithoutWaits(
        string address,
        string reason = "does not lead to the public internet"
    )
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();

        FetchRefusedException refusal = await shop.RefusedAsync(new Uri(address));

        bool isForbidden = reason.StartsWith("does not lead", StringComparison.Ordinal);
        Assert.Equal(isForbidden ? reason : "is on a host whose robots.txt cannot be had", refusal.Reason);
        Assert.Equal(isForbidden, shop.Clock.Waits.Count == 0);
        Assert.Equal(isForbidden ? RefusalKind.Ruled : RefusalKind.Passing, refusal.Kind);
    }

    [Fact]
    public async Task Fetch_RedirectToAnotherHost_IsFollowedInItsTurnAndByItsRobots()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        string there = shop.Site.Of("/a.png", "files.test").AbsoluteUri;
        shop.Site.WithRedirect("/b", there).With("/a.png", _picture);

        WebRecord record = await shop.FetchPictureAsync(shop.Site.Of("/b"));

        Assert.Equal(there, record.FinalUrl);
        Assert.Equal(
            ["site.test/robots.txt", "site.test/b", "files.test/robots.txt", "files.test/a.png"],
            shop.Site.AskedAtAll
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_EndlessBody_IsCutAtTheBound(bool announced)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With(
            "/endless",
            async http =>
            {
                http.Response.ContentLength = announced ? long.MaxValue : null;
                while (!http.RequestAborted.IsCancellationRequested)
                {
                    await http.Response.Body.WriteAsync(new byte[50_000], CancellationToken.None);
                }
            }
        );

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/endless"));

        Assert.Equal("is longer than allowed", refusal.Reason);
    }

    [Fact]
    public async Task Fetch_GzipBomb_IsUnpackedToTheBoundAlone()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[16 << 20], TestContext.Current.CancellationToken);
        }
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/bomb", Packed(packed.ToArray(), "gzip"));
        shop.Site.With("/torn", Packed([1, 2, 3, 4], "gzip"));
        shop.Site.With("/odd", Packed(_picture, "compress"));

        FetchRefusedException bomb = await shop.RefusedAsync(shop.Site.Of("/bomb"));
        FetchRefusedException torn = await shop.RefusedAsync(shop.Site.Of("/torn"));
        FetchRefusedException odd = await shop.RefusedAsync(shop.Site.Of("/odd"));

        Assert.True(packed.Length < FetchWorkshop.MaxBytes);
        Assert.Equal("is longer than allowed", bomb.Reason);
        Assert.Equal("is packed in a way that cannot be unpacked", torn.Reason);
        Assert.Equal(torn.Reason, odd.Reason);
    }

    [Fact]
    public async Task Fetch_GzipOfAPicture_IsUnpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(_picture, TestContext.Current.CancellationToken);
        }
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.png", Packed(packed.ToArray(), "gzip"));

        WebRecord record = await shop.FetchPictureAsync(shop.Site.Of("/a.png"));

        Assert.Equal(WebCache.HashOf(_picture), record.Sha256);
    }

    [Fact]
    public async Task Fetch_BodyThatDrips_IsGivenUpInTime()
    {
        var deadlines = new FakeTimeProvider();
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync(deadlines);
        shop.Options = shop.Options with { Attempts = 1 };
        var dripped = new TaskCompletionSource();
        shop.Site.With(
            "/drip",
            async http =>
            {
                await http.Response.Body.WriteAsync(new byte[1], http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                dripped.TrySetResult();
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }
        );

        Task<FetchRefusedException> refusal = shop.RefusedAsync(shop.Site.Of("/drip"));
        await dripped.Task;
        deadlines.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal("did not answer in time", (await refusal).Reason);
        Assert.Equal(RefusalKind.Passing, (await refusal).Kind);
    }

    public static TheoryData<string, byte[], string> NoPictures =>
        new()
        {
            { "is no PNG, JPEG or WebP", "<html>a picture, says my host</html>"u8.ToArray(), "image/png" },
            { "is no PNG, JPEG or WebP", TestImageFiles.Gif(TestImages.Gradient(8, 8)), "image/jpeg" },
            { "is a picture of too many pixels", PngBytes.Claim(30_000, 30_000), "image/png" },
            { "is a damaged picture", _picture[..(_picture.Length / 2)], "image/png" },
            {
                "is a picture with transparent parts",
                TestImageFiles.PalettePng(TestImages.Gradient(16, 16), TestImages.FadingAlpha(16, 16)),
                "image/png"
            },
            { "is an animation", TestImageFiles.AnimatedWebp(Scenes.Of(2), Scenes.Of(3)), "image/webp" },
            { "is empty", [], "image/png" },
        };

    [Theory]
    [MemberData(nameof(NoPictures))]
    public async Task Fetch_WhatIsNoPicture_IsRefusedWhateverItIsCalled(string reason, byte[] body, string type)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/picture.png", body, type);

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/picture.png"));
        shop.Restart();
        FetchRefusedException again = await shop.RefusedAsync(shop.Site.Of("/picture.png"));

        Assert.Equal(reason, refusal.Reason);
        Assert.Equal((reason, refusal.Detail), (again.Reason, again.Detail));
        Assert.Single(shop.Site.Asked); // that it is none is remembered
    }

    [Fact]
    public async Task Fetch_PictureThatLies_AboutItsTypeAlone_IsKept()
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/a.exe", _picture, "text/html");

        WebRecord record = await shop.FetchPictureAsync(shop.Site.Of("/a.exe"));

        Assert.Equal(WebCache.HashOf(_picture), record.Sha256);
    }

    [Theory]
    [InlineData("/../../../../etc/passwd.png")]
    [InlineData("/..%2f..%2f..%2fetc%2fpasswd.png")]
    [InlineData("/..%5c..%5cwindows.png")]
    [InlineData("/%00.png")]
    [InlineData("/con.png")]
    public async Task Fetch_NamesThatLeadOutOfFolders_NameNoFile(string path)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With("/../../../../etc/passwd.png", _picture);

        try
        {
            await shop.FetchPictureAsync(shop.Site.Of(path));
        }
        catch (FetchRefusedException refusal)
        {
            Assert.StartsWith("answered 4", refusal.Reason, StringComparison.Ordinal);
        }

        string[] files = Directory.GetFiles(shop.CacheFolder, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(
            files.Where(file => !file.EndsWith("cache.lock", StringComparison.Ordinal)),
            file => Assert.Matches($@"^site\.test_{shop.Site.Port}/[0-9a-f]{{64}}\.(json|body)$", NameOf(file))
        );

        string NameOf(string file) => Path.GetRelativePath(shop.CacheFolder, file).Replace('\\', '/');
    }

    [Theory]
    [InlineData("X-Robots-Tag", "noai")]
    [InlineData("X-Robots-Tag", "otherbot: noindex, NoImageAI")]
    [InlineData("TDM-Reservation", "1")]
    public async Task Fetch_WhatItsOwnerReservesFromTraining_IsRefused(string header, string value)
    {
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With(
            "/a.png",
            http =>
            {
                http.Response.Headers[header] = value;
                return http.Response.Body.WriteAsync(_picture).AsTask();
            }
        );

        FetchRefusedException refusal = await shop.RefusedAsync(shop.Site.Of("/a.png"));

        Assert.Equal(NoTraining.Reason, refusal.Reason);
    }

    [Fact]
    public async Task Fetch_TellsTheHostWhoAsksAndNothingElse()
    {
        string? agent = null;
        string[] headers = [];
        await using FetchWorkshop shop = await FetchWorkshop.StartAsync();
        shop.Site.With(
            "/a.png",
            http =>
            {
                agent = http.Request.Headers.UserAgent;
                headers = [.. http.Request.Headers.Keys.Order(StringComparer.Ordinal)];
                return http.Response.Body.WriteAsync(_picture).AsTask();
            }
        );

        await shop.FetchAsync(shop.Site.Of("/a.png"));

        Assert.Equal("pairs-test/1.0 (+https://example.org/crawler)", agent);
        Assert.Equal(["Accept-Encoding", "Host", "User-Agent"], headers);
    }

    private static RequestDelegate Packed(byte[] body, string encoding) =>
        http =>
        {
            http.Response.Headers.ContentEncoding = encoding;
            return http.Response.Body.WriteAsync(body).AsTask();
        };
}
