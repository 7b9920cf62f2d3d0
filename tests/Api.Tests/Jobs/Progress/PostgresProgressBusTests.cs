using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Progress;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Progress;

/// <summary>Two servers' buses, with this class for the database between them.</summary>
public sealed class PostgresProgressBusTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PostgresProgressBus _here;
    private readonly PostgresProgressBus _there;
    private readonly List<JobNotice> _heard = [];
    private readonly string _job = JobId.New();

    public PostgresProgressBusTests()
    {
        _here = new PostgresProgressBus(_time);
        _there = new PostgresProgressBus(_time);
    }

    [Fact]
    public void Publish_WakeUpCallsAndCancellations_ReachEveryServerOnce()
    {
        using IDisposable all = _here.Subscribe(null, _heard.Add);
        using IDisposable one = _there.Subscribe(null, _heard.Add);
        JobNotice[] told = [Notice(JobNoticeKind.Queued), Notice(JobNoticeKind.CancelRequested)];

        Array.ForEach(told, _there.Publish);
        Carry();

        Assert.Equal([.. told, .. told], _heard);
        Assert.Empty(_here.TakeOutgoing());
    }

    [Fact]
    public void Publish_StepsOfAJobThatNobodyFollowsElsewhere_StayHere()
    {
        using IDisposable other = _here.Subscribe(JobId.New(), _heard.Add);
        Carry();

        _there.Publish(Notice(JobNoticeKind.Started));
        _there.Publish(Step(1));
        _there.Publish(Notice(JobNoticeKind.Ended));

        Assert.Empty(_there.TakeOutgoing());
    }

    [Fact]
    public void Publish_StepsOfAJobThatIsFollowedElsewhere_ArriveAndOfSeveralTheLast()
    {
        using IDisposable listener = _here.Subscribe(_job, _heard.Add);
        Carry();

        _there.Publish(Notice(JobNoticeKind.Started));
        _there.Publish(Step(1));
        _there.Publish(Step(2));
        Carry();
        _there.Publish(Step(3));
        _there.Publish(Notice(JobNoticeKind.Ended));
        Carry();

        Assert.Equal([Notice(JobNoticeKind.Started), Step(2), Step(3), Notice(JobNoticeKind.Ended)], _heard);
        Assert.Empty(_here.Recent(_job));
    }

    [Fact]
    public void Subscribe_WhileItRunsElsewhere_IsToldWhereItIs()
    {
        _there.Publish(Notice(JobNoticeKind.Started));
        _there.Publish(Step(5));

        using IDisposable listener = _here.Subscribe(_job, _heard.Add);
        Carry();

        Assert.Equal([Step(5)], _heard);
    }

    [Fact]
    public void Subscribe_ToWhatRunsHere_AsksNobody()
    {
        using IDisposable listener = _here.Subscribe(_job, _heard.Add);
        _here.Publish(Notice(JobNoticeKind.Started));

        Assert.Empty(_here.TakeOutgoing());
        Assert.Single(_heard);
    }

    [Fact]
    public void Subscribe_ForLong_AsksAgainAndIsForgottenWhenItLeaves()
    {
        IDisposable listener = _here.Subscribe(_job, _heard.Add);
        for (int i = 1; i <= 10; i++)
        {
            Carry();
            _time.Advance(TimeSpan.FromSeconds(11));
            _there.Publish(Step(i));
            Carry();
        }
        int heard = _heard.Count;

        listener.Dispose();
        Carry();
        _time.Advance(TimeSpan.FromSeconds(31));
        _there.Publish(Step(11));

        Assert.Equal(10, heard);
        Assert.Empty(_there.TakeOutgoing());
        Assert.Empty(_here.TakeOutgoing());
    }

    [Fact]
    public void Publish_NobodyTakesItAway_TheOldestIsDropped()
    {
        for (int i = 0; i < 10_000; i++)
        {
            _there.Publish(new JobNotice(JobId.New(), JobNoticeKind.Queued, i));
        }
        using IDisposable listener = _here.Subscribe(null, _heard.Add);
        Carry();

        Assert.Equal(4_096, _heard.Count);
        Assert.Equal(9_999, _heard[^1].Run);
    }

    // Twice: what one says makes the other answer.
    private void Carry()
    {
        for (int i = 0; i < 2; i++)
        {
            foreach (string text in _here.TakeOutgoing())
            {
                _here.Receive(text);
                _there.Receive(text);
            }
            foreach (string text in _there.TakeOutgoing())
            {
                _here.Receive(text);
                _there.Receive(text);
            }
        }
    }

    private JobNotice Notice(JobNoticeKind kind) => new(_job, kind, Run: 1);

    private JobNotice Step(int step) => Notice(JobNoticeKind.Progress) with { Step = step, Of = 20 };
}
