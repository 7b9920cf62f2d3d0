using System.Net;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Tests.Construction.Web;

/// <summary>A site, a cache and a clock on which nobody waits.</summary>
internal sealed class FetchWorkshop : IAsyncDisposable
{
    public const int MaxBytes = 1 << 20;

    private readonly TempFolder _folder = new();
    private WebCache? _cache;
    private WebFetcher? _fetcher;

    private FetchWorkshop(LocalSite site) => Site = site;

    public LocalSite Site { get; }

    public HurriedClock Clock { get; } = new();

    public TimeProvider Deadlines { get; init; } = TimeProvider.System;

    public string CacheFolder => _folder.Of("cache");

    public WebCache Cache => _cache ??= WebCache.Take(CacheFolder);

    public FetchOptions Options { get; set; } =
        new()
        {
            Crawler = Crawler("pairs-test/1.0 (+https://example.org/crawler)"),
            Networks = [IPNetwork.Parse("127.0.0.1/32")],
        };

    public WebFetcher Fetcher => _fetcher ??= new WebFetcher(Options, Cache, LocalSite.ResolveAsync, Clock, Deadlines);

    public static async Task<FetchWorkshop> StartAsync(TimeProvider? deadlines = null) =>
        new(await LocalSite.StartAsync()) { Deadlines = deadlines ?? TimeProvider.System };

    public static CrawlerName Crawler(string text) =>
        CrawlerName.TryParse(text, out CrawlerName? name, out string problem)
            ? name
            : throw new ArgumentException(problem, nameof(text));

    /// <summary>As another process would go on: with the cache alone.</summary>
    public void Restart(Func<FetchOptions, FetchOptions>? change = null)
    {
        _fetcher?.Dispose();
        _cache?.Dispose();
        (_fetcher, _cache) = (null, null);
        Options = change?.Invoke(Options) ?? Options;
    }

    public Task<WebRecord> FetchAsync(Uri address) =>
        Fetcher.FetchAsync(address, MaxBytes, _ => null, TestContext.Current.CancellationToken);

    public Task<WebRecord> FetchPictureAsync(Uri address) =>
        Fetcher.FetchAsync(
            address,
            MaxBytes,
            body => PictureNote.Of(WebPictureReader.Read(body, address.AbsoluteUri)),
            TestContext.Current.CancellationToken
        );

    public Task<FetchRefusedException> RefusedAsync(Uri address) =>
        Assert.ThrowsAsync<FetchRefusedException>(() => FetchPictureAsync(address));

    public async ValueTask DisposeAsync()
    {
        Restart();
        await Site.DisposeAsync();
        _folder.Dispose();
    }
}
