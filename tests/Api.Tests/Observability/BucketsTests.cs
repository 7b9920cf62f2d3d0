using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Observability;

public sealed class BucketsTests
{
    [Theory]
    [InlineData(64, 64, "256")]
    [InlineData(512, 512, "512")]
    [InlineData(512, 576, "640")]
    [InlineData(704, 512, "640")]
    [InlineData(512, 704, "640")]
    [InlineData(2048, 2048, "2048")]
    [InlineData(4096, 2048, "larger")]
    public void Of_Canvas_IsTheNextListedSquare(int width, int height, string bucket) =>
        Assert.Equal(bucket, Buckets.Of(new ImageSize(width, height)));

    [Theory]
    [InlineData(1, "1")]
    [InlineData(5, "6")]
    [InlineData(64, "64")]
    [InlineData(65, "larger")]
    public void Of_Rows_IsTheNextListedNumber(int rows, string bucket) => Assert.Equal(bucket, Buckets.Of(rows));

    [Fact]
    public void Of_AnyCanvas_GivesFewNames()
    {
        HashSet<string> names = [];
        for (int width = 64; width <= 4096; width += 64)
        {
            for (int height = 64; height <= 4096; height += 64)
            {
                names.Add(Buckets.Of(new ImageSize(width, height)));
            }
        }

        Assert.Equal(9, names.Count);
    }

    [Fact]
    public void BusyShare_LookedAtOften_IsOfTheLastMinute()
    {
        var time = new FakeTimeProvider();
        var share = new BusyShare(time);
        TimeSpan busy = TimeSpan.Zero;
        double last = 0;
        // Two minutes of rest, then a minute and a half of work by half.
        for (int second = 0; second < 210; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            busy += second >= 120 ? TimeSpan.FromSeconds(0.5) : TimeSpan.Zero;
            last = share.Of(busy);
        }

        Assert.Equal(0.5, last, 0.02);
    }

    [Fact]
    public void BusyShare_LookedAtForTheFirstTime_IsOfTheTimeSoFar()
    {
        var time = new FakeTimeProvider();
        var share = new BusyShare(time);
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0.3, share.Of(TimeSpan.FromSeconds(3)), 1e-9);
        Assert.Equal(0.3, share.Of(TimeSpan.FromSeconds(3)), 1e-9);
    }
}
