using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using Microsoft.AspNetCore.Http;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("wait=20", 20, false)]
    [InlineData("WAIT=\"20\"", 20, false)]
    [InlineData("wait = 20 ; x=y", 20, false)]
    [InlineData("respond-async", null, true)]
    [InlineData("respond-async, wait=5", 5, true)]
    [InlineData("wait=5, wait=9", 5, false)]
    [InlineData("wait=100000", 60, false)]
    [InlineData("wait=-1", null, false)]
    [InlineData("wait=1.5", null, false)]
    [InlineData("wait=99999999999999999999", null, false)]
    [InlineData("waiting=5", null, false)]
    [InlineData(",,;;==", null, false)]
    [InlineData("", null, false)]
    public void Preferences_OfTheHeader_AreWhatIsUnderstood(string header, int? seconds, bool respondAsync)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["Prefer"] = header;

        Preferences wishes = Preferences.Of(http.Request);

        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, wishes.Wait);
        Assert.Equal(respondAsync, wishes.RespondAsync);
        Assert.Equal(respondAsync && seconds is null, wishes.IsImmediate);
    }

    [Theory]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324")]
    [InlineData("\"quoted\"")]
    [InlineData("x")]
    public void IdempotencyKey_VisibleAscii_IsTaken(string key)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["Idempotency-Key"] = $" {key} ";

        Assert.Equal(key, IdempotencyHeader.Of(http.Request));
    }

    [Fact]
    public void IdempotencyKey_LongOrTwice_IsRefused()
    {
        var http = new DefaultHttpContext();
        Assert.Null(IdempotencyHeader.Of(http.Request));

        http.Request.Headers["Idempotency-Key"] = new string('k', 255);
        Assert.NotNull(IdempotencyHeader.Of(http.Request));
        http.Request.Headers["Idempotency-Key"] = new string('k', 256);
        Assert.Equal(
            ProblemKind.BadRequest,
            Assert.Throws<ApiException>(() => IdempotencyHeader.Of(http.Request)).Kind
        );
        http.Request.Headers["Idempotency-Key"] = new[] { "a", "b" };
        Assert.Throws<ApiException>(() => IdempotencyHeader.Of(http.Request));
    }

    [Fact]
    public void JobCursor_Written_IsReadAgain()
    {
        var cursor = new JobCursor(1_766_000_000_000, JobId.New());

        Assert.Equal(cursor, JobCursor.Parse(cursor.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("MTIz")] // 123
    [InlineData("MTIzLnNob3J0")] // 123.short
    [InlineData("LTEuQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ")] // -1.AAAA…
    public void JobCursor_Garbage_IsNone(string text) => Assert.Null(JobCursor.Parse(text));

    [Fact]
    public void JobId_New_IsWellFormedAndNeverTheSame()
    {
        string[] ids = [.. Enumerable.Range(0, 1_000).Select(_ => JobId.New())];

        Assert.All(ids, id => Assert.True(JobId.IsWellFormed(id)));
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(
            new[]
            {
                "",
                "short",
                new string('a', 23),
                new string('/', 22),
                new string('é', 22),
                $"{new string('a', 21)}\n",
            },
            text => Assert.False(JobId.IsWellFormed(text))
        );
    }
}
