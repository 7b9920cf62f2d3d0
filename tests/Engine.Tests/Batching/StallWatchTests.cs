using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class StallWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _told = [];
    private readonly StallWatch _watch;

    public StallWatchTests() =>
        _watch = new StallWatch(
            _time,
            TimeSpan.FromSeconds(10),
            silence => _told.Add($"silent for {silence.TotalSeconds:0}"),
            () => _told.Add("back")
        );

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Silence_OfAWorkingThread_IsToldOnce()
    {
        _watch.Sign();

        Advance(seconds: 60);

        Assert.StartsWith("silent for 1", Assert.Single(_told), StringComparison.Ordinal); // looked at every 2.5 s
        Assert.True(_watch.IsSilent);
        Assert.Equal(60, _watch.Silence.TotalSeconds);
    }

    [Fact]
    public void Sign_AfterSilence_IsToldAndSilenceIsWatchedAgain()
    {
        _watch.Sign();
        Advance(seconds: 20);
        _watch.Sign();
        Assert.False(_watch.IsSilent);
        Advance(seconds: 20);

        Assert.Equal(3, _told.Count);
        Assert.Equal("back", _told[1]);
    }

    [Fact]
    public void Rest_HoweverLong_IsNoSilence()
    {
        _watch.Sign();
        _watch.Rest();

        Advance(seconds: 86_400);

        Assert.Empty(_told);
        Assert.Equal(TimeSpan.Zero, _watch.Silence);
    }

    [Fact]
    public void Signs_OftenEnough_AreNoSilence()
    {
        for (int i = 0; i < 20; i++)
        {
            _watch.Sign();
            Advance(seconds: 9);
        }

        Assert.Empty(_told);
    }

    private void Advance(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
