namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>
/// The bus of servers that share a PostgreSQL store. Wake-up calls and cancellations go to all of them; the steps and ends of a
/// job only while somebody follows it on another server, which says so from time to time. What a server must know it finds in
/// the store without this: a notice is only sooner. <see cref="PostgresNotices"/> carries what this gathers.
/// </summary>
internal sealed class PostgresProgressBus(TimeProvider time) : IProgressBus
{
    // What could not be sent, or not yet; then the oldest is dropped.
    private const int MostOutgoing = 4_096;

    // Jobs that others may be following; far more than there are clients.
    private const int MostWanted = 100_000;

    private static readonly TimeSpan WishLasts = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WishInterval = TimeSpan.FromSeconds(10);

    private readonly InProcessProgressBus _here = new();
    private readonly Lock _lock = new();
    private readonly List<JobNotice> _outgoing = [];
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _wanted = new(StringComparer.Ordinal);

    /// <summary>This server's name among the others, until it ends.</summary>
    public string Name { get; } = Guid.NewGuid().ToString("N");

    public void Publish(JobNotice notice)
    {
        _here.Publish(notice);
        lock (_lock)
        {
            Note(notice);
            if (MattersElsewhere(notice))
            {
                Enqueue(notice);
            }
        }
    }

    public IDisposable Subscribe(string? jobId, Action<JobNotice> take)
    {
        IDisposable listening = _here.Subscribe(jobId, take);
        return jobId is null ? listening : new Watching(this, jobId, listening);
    }

    public IReadOnlyList<JobNotice> Recent(string jobId) => _here.Recent(jobId);

    /// <summary>Takes what is to be sent to the other servers; it is not kept.</summary>
    public IReadOnlyList<string> TakeOutgoing()
    {
        JobNotice[] notices;
        List<string> wishes;
        lock (_lock)
        {
            (notices, wishes) = ([.. _outgoing], Wishes());
            _outgoing.Clear();
        }
        // Out of the lock: the engine's thread may be waiting to publish.
        return [.. SharedNotices.Write(Name, notices, wishes)];
    }

    /// <summary>Takes what another server sent.</summary>
    public void Receive(string text) => SharedNotices.Read(text, Name, _here.Relay, Want);

    private void Note(JobNotice notice)
    {
        switch (notice.Kind)
        {
            case JobNoticeKind.Started:
                _running.Add(notice.JobId);
                break;
            case JobNoticeKind.Queued or JobNoticeKind.Ended:
                _running.Remove(notice.JobId);
                break;
        }
    }

    private bool MattersElsewhere(JobNotice notice) =>
        notice.Kind switch
        {
            JobNoticeKind.Queued or JobNoticeKind.CancelRequested => true,
            JobNoticeKind.Preview => false,
            _ => _wanted.TryGetValue(notice.JobId, out long since) && !IsOver(since, WishLasts),
        };

    private void Enqueue(JobNotice notice)
    {
        // Steps can come faster than they are sent: of several the last says it all.
        if (
            notice.Kind == JobNoticeKind.Progress
            && _outgoing.FindLastIndex(one => one.JobId.Equals(notice.JobId, StringComparison.Ordinal))
                is >= 0
                    and var last
            && _outgoing[last].Kind == JobNoticeKind.Progress
        )
        {
            _outgoing[last] = notice;
            return;
        }
        if (_outgoing.Count == MostOutgoing)
        {
            _outgoing.RemoveAt(0);
        }
        _outgoing.Add(notice);
    }

    // What runs here is heard without anyone's help.
    private List<string> Wishes()
    {
        List<string> wishes = [];
        foreach ((string job, Watched watched) in _watched)
        {
            if (!_running.Contains(job) && (watched.Asked is not { } asked || IsOver(asked, WishInterval)))
            {
                watched.Asked = time.GetTimestamp();
                wishes.Add(job);
            }
        }
        return wishes;
    }

    private void Want(string job)
    {
        lock (_lock)
        {
            if (_wanted.Count >= MostWanted)
            {
                foreach ((string old, long since) in _wanted)
                {
                    if (IsOver(since, WishLasts))
                    {
                        _wanted.Remove(old);
                    }
                }
            }
            bool isNew = !_wanted.TryGetValue(job, out long last) || IsOver(last, WishLasts);
            if (_wanted.Count < MostWanted)
            {
                _wanted[job] = time.GetTimestamp();
            }
            if (isNew && _running.Contains(job) && _here.Recent(job) is [.., var newest])
            {
                // Where the run is now; from here on every step is told.
                Enqueue(newest);
            }
        }
    }

    private bool IsOver(long since, TimeSpan after) => time.GetElapsedTime(since) > after;

    private void Leave(string jobId)
    {
        lock (_lock)
        {
            if (_watched.TryGetValue(jobId, out Watched? watched) && --watched.Listeners == 0)
            {
                _watched.Remove(jobId);
            }
        }
    }

    private sealed class Watched
    {
        public int Listeners { get; set; }

        /// <summary>When the other servers were last asked; null for never.</summary>
        public long? Asked { get; set; }
    }

    private sealed class Watching : IDisposable
    {
        private readonly PostgresProgressBus _bus;
        private readonly string _jobId;
        private readonly IDisposable _listening;
        private bool _isOver;

        public Watching(PostgresProgressBus bus, string jobId, IDisposable listening)
        {
            (_bus, _jobId, _listening) = (bus, jobId, listening);
            lock (bus._lock)
            {
                if (!bus._watched.TryGetValue(jobId, out Watched? watched))
                {
                    bus._watched[jobId] = watched = new Watched();
                }
                watched.Listeners++;
            }
        }

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                _listening.Dispose();
                _bus.Leave(_jobId);
            }
        }
    }
}
