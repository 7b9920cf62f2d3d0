using System.Collections.Concurrent;

namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>The bus of a server that shares its store with no other; of one that does, the part in its own process.</summary>
internal sealed class InProcessProgressBus : IProgressBus
{
    /// <summary>Steps of one job that are remembered.</summary>
    public const int MostRecent = 64;

    private readonly ConcurrentDictionary<Listener, byte> _all = new();
    private readonly Dictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public void Publish(JobNotice notice)
    {
        Tell(notice, Note(notice));
    }

    /// <summary>
    /// Tells all listeners of what happened elsewhere, and remembers nothing of it: of a run elsewhere the end may never be told.
    /// </summary>
    public void Relay(JobNotice notice)
    {
        Listener[] listeners;
        lock (_lock)
        {
            listeners = _topics.TryGetValue(notice.JobId, out Topic? topic) ? [.. topic.Listeners] : [];
        }
        Tell(notice, listeners);
    }

    public IDisposable Subscribe(string? jobId, Action<JobNotice> take)
    {
        var listener = new Listener(this, jobId, take);
        if (jobId is null)
        {
            _all[listener] = 0;
            return listener;
        }
        lock (_lock)
        {
            TopicOf(jobId).Listeners.Add(listener);
        }
        return listener;
    }

    public IReadOnlyList<JobNotice> Recent(string jobId)
    {
        lock (_lock)
        {
            return _topics.TryGetValue(jobId, out Topic? topic) ? [.. topic.Recent] : [];
        }
    }

    private void Tell(JobNotice notice, Listener[] listeners)
    {
        foreach (Listener listener in listeners)
        {
            listener.Take(notice);
        }
        foreach (Listener listener in _all.Keys)
        {
            listener.Take(notice);
        }
    }

    private Listener[] Note(JobNotice notice)
    {
        lock (_lock)
        {
            switch (notice.Kind)
            {
                case JobNoticeKind.Started or JobNoticeKind.Progress:
                    Queue<JobNotice> recent = TopicOf(notice.JobId).Recent;
                    recent.Enqueue(notice);
                    if (recent.Count > MostRecent)
                    {
                        recent.Dequeue();
                    }
                    break;
                case JobNoticeKind.Ended
                or JobNoticeKind.Queued when _topics.TryGetValue(notice.JobId, out Topic? over):
                    over.Recent.Clear();
                    Forget(notice.JobId, over);
                    return [.. over.Listeners];
            }
            return _topics.TryGetValue(notice.JobId, out Topic? topic) ? [.. topic.Listeners] : [];
        }
    }

    private Topic TopicOf(string jobId)
    {
        if (!_topics.TryGetValue(jobId, out Topic? topic))
        {
            topic = new Topic();
            _topics[jobId] = topic;
        }
        return topic;
    }

    private void Forget(string jobId, Topic topic)
    {
        if (topic.Recent.Count == 0 && topic.Listeners.Count == 0)
        {
            _topics.Remove(jobId);
        }
    }

    private void Leave(Listener listener, string? jobId)
    {
        if (jobId is null)
        {
            _all.TryRemove(listener, out _);
            return;
        }
        lock (_lock)
        {
            if (_topics.TryGetValue(jobId, out Topic? topic))
            {
                topic.Listeners.Remove(listener);
                Forget(jobId, topic);
            }
        }
    }

    private sealed class Topic
    {
        public Queue<JobNotice> Recent { get; } = new();
        public List<Listener> Listeners { get; } = [];
    }

    private sealed class Listener(InProcessProgressBus bus, string? jobId, Action<JobNotice> take) : IDisposable
    {
        public void Take(JobNotice notice) => take(notice);

        public void Dispose() => bus.Leave(this, jobId);
    }
}
