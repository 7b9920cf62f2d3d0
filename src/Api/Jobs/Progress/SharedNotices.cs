using System.Text.Json;

namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>
/// Notices on their way between servers: JSON of at most a few kilobytes, as the database carries no more than 8,000 bytes at
/// once. Versions of the server differ while one replaces the other, so what is not understood is left out.
/// </summary>
internal static class SharedNotices
{
    /// <summary>The word of a server that wants to hear the steps of a job.</summary>
    private const string Watch = "watch";

    // Of about 70 bytes each.
    private const int MostTogether = 50;

    private static readonly Dictionary<string, JobNoticeKind> Kinds = Enum.GetValues<JobNoticeKind>()
        // Pictures stay where they are made.
        .Where(kind => kind != JobNoticeKind.Preview)
        .ToDictionary(kind => kind.ToString().ToLowerInvariant());

    /// <summary>Writes notices and wishes down.</summary>
    /// <param name="from">The server that sends them.</param>
    /// <param name="notices">The notices, in order.</param>
    /// <param name="watched">The jobs whose steps it wants to hear.</param>
    public static IEnumerable<string> Write(string from, IEnumerable<JobNotice> notices, IEnumerable<string> watched) =>
        notices
            .Select(notice =>
                new object[]
                {
                    notice.JobId,
                    notice.Kind.ToString().ToLowerInvariant(),
                    notice.Run,
                    notice.Step,
                    notice.Of,
                }
            )
            .Concat(watched.Select(job => new object[] { job, Watch }))
            .Chunk(MostTogether)
            .Select(told => JsonSerializer.Serialize(new { from, told }));

    /// <summary>Reads what another server wrote; nothing of what this one did.</summary>
    /// <param name="text">The text, which anyone may have sent who may use the database.</param>
    /// <param name="self">This server.</param>
    /// <param name="take">Is given every notice.</param>
    /// <param name="want">Is given every job that others want to hear of.</param>
    public static void Read(string text, string self, Action<JobNotice> take, Action<string> want)
    {
        try
        {
            using JsonDocument told = JsonDocument.Parse(text);
            if (self.Equals(told.RootElement.GetProperty("from").GetString(), StringComparison.Ordinal))
            {
                return;
            }
            foreach (JsonElement one in told.RootElement.GetProperty("told").EnumerateArray())
            {
                Read(one, take, want);
            }
        }
        catch (Exception error) when (IsOfTheText(error))
        {
            // Not ours.
        }
    }

    private static void Read(JsonElement one, Action<JobNotice> take, Action<string> want)
    {
        string job = one[0].GetString() ?? "";
        string word = one[1].GetString() ?? "";
        if (!JobId.IsWellFormed(job))
        {
            return;
        }
        if (word.Equals(Watch, StringComparison.Ordinal))
        {
            want(job);
        }
        else if (Kinds.TryGetValue(word, out JobNoticeKind kind))
        {
            take(new JobNotice(job, kind, one[2].GetInt32()) { Step = one[3].GetInt32(), Of = one[4].GetInt32() });
        }
    }

    private static bool IsOfTheText(Exception error) =>
        error
            is JsonException
                or KeyNotFoundException
                or InvalidOperationException
                or FormatException
                or IndexOutOfRangeException;
}
