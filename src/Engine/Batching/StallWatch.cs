namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Notices when a working thread falls silent, and when it is back. An idle thread is not silent, however long it waits. What
/// it tells is told in order, never at once: fallen silent, back, fallen silent.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private const int LooksInTime = 4;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly Action<TimeSpan> _onSilent;
    private readonly Action _onBack;
    private readonly ITimer _timer;
    private TimeSpan? _lastSign;
    private bool _isSilent;

    /// <summary>Starts to watch.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="patience">Silence that is still taken for work; above zero.</param>
    /// <param name="onSilent">Told how long nothing was heard.</param>
    /// <param name="onBack">Told on the thread that is back.</param>
    public StallWatch(TimeProvider time, TimeSpan patience, Action<TimeSpan> onSilent, Action onBack)
    {
        _time = time;
        _patience = patience;
        _onSilent = onSilent;
        _onBack = onBack;
        TimeSpan period = patience / LooksInTime;
        _timer = time.CreateTimer(_ => Look(), state: null, period, period);
    }

    /// <summary>Time since the last sign; zero for an idle thread.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_lock)
            {
                return _lastSign is { } sign ? _time.SinceStart() - sign : TimeSpan.Zero;
            }
        }
    }

    /// <summary>True from the moment it was told until the thread is back.</summary>
    public bool IsSilent
    {
        get
        {
            lock (_lock)
            {
                return _isSilent;
            }
        }
    }

    /// <summary>The thread works.</summary>
    public void Sign() => Hear(_time.SinceStart());

    /// <summary>The thread waits for work.</summary>
    public void Rest() => Hear(null);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Hear(TimeSpan? sign)
    {
        lock (_lock)
        {
            _lastSign = sign;
            if (_isSilent)
            {
                _isSilent = false;
                _onBack();
            }
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (!_isSilent && _lastSign is { } sign && _time.SinceStart() - sign > _patience)
            {
                _isSilent = true;
                _onSilent(_time.SinceStart() - sign);
            }
        }
    }
}
