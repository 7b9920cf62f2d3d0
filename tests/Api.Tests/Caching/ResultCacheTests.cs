using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Caching;

public sealed class ResultCacheTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Find_Kept_IsTheSameResult()
    {
        using ResultCache cache = Cache(megabytes: 10);
        EditResult result = Result(100, 100);

        cache.Keep(Key(1), result, EditReuse.Full);

        Assert.Same(result, cache.Find(Key(1)));
        Assert.Null(cache.Find(Key(2)));
    }

    [Fact]
    public void Find_AfterItsTime_IsForgotten()
    {
        using ResultCache cache = Cache(megabytes: 10, minutes: 30);
        cache.Keep(Key(1), Result(10, 10), EditReuse.Full);
        cache.Keep(Key(2), Result(10, 10), EditReuse.Brief);

        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.NotNull(cache.Find(Key(1)));
        Assert.Null(cache.Find(Key(2)));

        _time.Advance(TimeSpan.FromMinutes(28));
        Assert.Null(cache.Find(Key(1)));
    }

    [Fact]
    public async Task Keep_MoreThanFits_StaysWithinItsBytesAndGoesOnRemembering()
    {
        const int megabytes = 1;
        using ResultCache cache = Cache(megabytes);
        for (int i = 0; i < 200; i++)
        {
            cache.Keep(Key(i), Result(150, 150), EditReuse.Full);
            Assert.InRange(cache.Bytes, 1, megabytes * 1_000_000);
        }

        // Room is made on another thread.
        int next = 1_000;
        await ApiApplication.Until(() =>
        {
            cache.Keep(Key(++next), Result(150, 150), EditReuse.Full);
            return cache.Find(Key(next)) is not null;
        });
    }

    [Fact]
    public void Keep_OverAQuarterOfTheCache_IsNotKept()
    {
        using ResultCache cache = Cache(megabytes: 1);

        cache.Keep(Key(1), Result(300, 300), EditReuse.Full);
        cache.Keep(Key(2), Result(200, 200) with { RoundTrip = Picture(200, 200) }, EditReuse.Full);
        cache.Keep(Key(3), Result(200, 200), EditReuse.Full);

        Assert.Null(cache.Find(Key(1)));
        Assert.NotNull(cache.Find(Key(2)));
        Assert.NotNull(cache.Find(Key(3)));
        Assert.True(cache.Bytes > 3 * 200 * 200 * RgbImage.Channels, $"{cache.Bytes} bytes");
    }

    [Fact]
    public void Keep_NoMegabytes_RemembersNothing()
    {
        using ResultCache cache = Cache(megabytes: 0);

        cache.Keep(Key(1), Result(10, 10), EditReuse.Full);

        Assert.Null(cache.Find(Key(1)));
        Assert.Equal(0, cache.Bytes);
    }

    private ResultCache Cache(int megabytes, int minutes = 60) =>
        new(Options.Create(new CacheOptions { ResultMegabytes = megabytes, ResultMinutes = minutes }), _time);

    private static EditKey Key(int seed) =>
        EditKey.Of(
            "",
            "model",
            new EditRequest
            {
                Image = Picture(2, 2),
                Instruction = "i",
                Seed = seed,
            }
        );

    private static RgbImage Picture(int width, int height) =>
        new(width, height, new byte[width * height * RgbImage.Channels]);

    private static EditResult Result(int width, int height) =>
        new()
        {
            Image = Picture(width, height),
            WorkingSize = new ImageSize(64, 64),
            DroppedTokens = 0,
            PrepareTime = TimeSpan.Zero,
            DenoiseTime = TimeSpan.Zero,
            FinishTime = TimeSpan.Zero,
        };
}
