using System.Text;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Progress;

namespace InstructDiffusion.Api.Tests.Jobs.Progress;

public sealed class SharedNoticesTests
{
    private readonly List<JobNotice> _told = [];
    private readonly List<string> _wanted = [];

    [Fact]
    public void Read_WhatWasWritten_GivesItBackInOrder()
    {
        JobNotice[] notices =
        [
            new(JobId.New(), JobNoticeKind.Queued, Run: 0),
            new(JobId.New(), JobNoticeKind.Started, Run: 3),
            new(JobId.New(), JobNoticeKind.Progress, Run: 3) { Step = 7, Of = 20 },
            new(JobId.New(), JobNoticeKind.CancelRequested, Run: 0),
            new(JobId.New(), JobNoticeKind.Ended, Run: 3),
        ];
        string job = JobId.New();

        string text = Assert.Single(SharedNotices.Write("a", notices, [job]));
        Read(text);

        Assert.Equal(notices, _told);
        Assert.Equal([job], _wanted);
    }

    [Fact]
    public void Read_OnesOwn_IsNotHeard()
    {
        JobNotice notice = new(JobId.New(), JobNoticeKind.Queued, Run: 0);

        Read(SharedNotices.Write("self", [notice], [JobId.New()]).Single());

        Assert.Empty(_told);
        Assert.Empty(_wanted);
    }

    [Fact]
    public void Write_Many_NoTextIsTooLongForTheDatabase()
    {
        JobNotice[] notices =
        [
            .. Enumerable
                .Range(0, 1_000)
                .Select(_ => new JobNotice(JobId.New(), JobNoticeKind.CancelRequested, int.MaxValue)
                {
                    Step = int.MaxValue,
                    Of = int.MaxValue,
                }),
        ];

        string[] texts = [.. SharedNotices.Write(Guid.NewGuid().ToString("N"), notices, [])];
        Array.ForEach(texts, Read);

        Assert.All(texts, text => Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, 7_000));
        Assert.Equal(notices, _told);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"from":7,"told":[]}""")]
    [InlineData("""{"from":"a"}""")]
    [InlineData("""{"from":"a","told":{}}""")]
    [InlineData("""{"from":"a","told":[7]}""")]
    [InlineData("""{"from":"a","told":[[]]}""")]
    [InlineData("""{"from":"a","told":[["../../etc","queued",0,0,0]]}""")]
    [InlineData("""{"from":"a","told":[["AAAAAAAAAAAAAAAAAAAAAA","exploded",0,0,0]]}""")]
    [InlineData("""{"from":"a","told":[["AAAAAAAAAAAAAAAAAAAAAA","preview",0,0,0]]}""")]
    [InlineData("""{"from":"a","told":[["AAAAAAAAAAAAAAAAAAAAAA","progress",1e99,0,0]]}""")]
    [InlineData("""{"from":"a","told":[["AAAAAAAAAAAAAAAAAAAAAA","progress"]]}""")]
    public void Read_WhatIsNotUnderstood_IsLeftOut(string text)
    {
        Read(text);

        Assert.Empty(_told);
        Assert.Empty(_wanted);
    }

    private void Read(string text) => SharedNotices.Read(text, "self", _told.Add, _wanted.Add);
}
