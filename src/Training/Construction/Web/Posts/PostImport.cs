using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>Reads dumps of posts, and of comments where those are in files of their own, and gives the requests in the posts' order.</summary>
/// <param name="pairing">Decides.</param>
/// <param name="rules">Bounds.</param>
/// <param name="log">Told what is left out.</param>
/// <param name="line">Shows progress.</param>
internal sealed class PostImport(PostPairing pairing, PostRules rules, RejectionLog log, ProgressLine line)
{
    /// <summary>Longest line, bytes: a post with a few thousand comments.</summary>
    public const int LongestLine = 8 << 20;

    private const int MostPosts = 2_000_000;
    private const int MostResultsKept = 200;
    private const int ShownEvery = 1000;

    private readonly List<Asked> _asked = [];
    private readonly Dictionary<string, Asked> _byId = new(StringComparer.Ordinal);
    private long _lines;

    /// <summary>Lines read.</summary>
    public long Lines => _lines;

    /// <summary>Reads.</summary>
    /// <param name="posts">Files of posts.</param>
    /// <param name="comments">Files of comments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">A file cannot be read, or there are too many posts.</exception>
    public IReadOnlyList<WebRequest> Run(
        IEnumerable<string> posts,
        IEnumerable<string> comments,
        CancellationToken cancellationToken
    )
    {
        foreach (string path in posts)
        {
            ReadLines(path, DumpReader.ReadPost, AddPost, cancellationToken);
        }
        foreach (string path in comments)
        {
            ReadLines(path, DumpReader.ReadComment, AddComment, cancellationToken);
        }
        var requests = new List<WebRequest>();
        foreach (Asked asked in _asked)
        {
            if (asked.Results.Count == 0)
            {
                log.Reject("no result", asked.Request.Id);
                continue;
            }
            WebPicture[] best =
            [
                .. asked
                    .Results.OrderByDescending(result => result.Score)
                    .ThenBy(result => result.Url, StringComparer.Ordinal)
                    .DistinctBy(result => result.Url, StringComparer.Ordinal)
                    .Take(rules.MostResults),
            ];
            requests.Add(asked.Request with { Results = best });
        }
        return requests;
    }

    private delegate T? LineReader<T>(ReadOnlyMemory<byte> line, out string problem);

    private void ReadLines<T>(string path, LineReader<T> read, Action<T> add, CancellationToken cancellationToken)
        where T : class
    {
        foreach (ReadOnlyMemory<byte>? bytes in DumpLines.Read(path, LongestLine))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++_lines % ShownEvery == 0)
            {
                line.Show($"{path}: {_lines:N0} lines, {_asked.Count:N0} requests");
            }
            if (bytes is not { } json)
            {
                log.Reject("a line that is too long", $"{path}: over {LongestLine:N0} bytes");
            }
            else if (json.Span.Trim("\r \t"u8).Length == 0)
            {
                continue;
            }
            else if (read(json, out string problem) is { } item)
            {
                add(item);
            }
            else
            {
                log.Reject(problem, $"{path}, line {_lines}");
            }
        }
    }

    private void AddPost(Post post)
    {
        if (_byId.ContainsKey(post.Id))
        {
            log.Reject("a post twice", post.Id);
        }
        else if (pairing.RequestOf(post) is { } request)
        {
            if (_asked.Count == MostPosts)
            {
                throw new DatasetException($"more than {MostPosts:N0} requests: import the dump in parts");
            }
            var asked = new Asked(request);
            _asked.Add(asked);
            _byId.Add(post.Id, asked);
            foreach (Comment comment in post.Comments)
            {
                AddComment(comment);
            }
        }
    }

    // Comments on posts that were left out, or are of another dump, are no request's.
    private void AddComment(Comment comment)
    {
        if (
            _byId.TryGetValue(comment.PostId, out Asked? asked)
            && asked.Results.Count < MostResultsKept
            && pairing.ResultOf(asked.Request, comment) is { } result
        )
        {
            asked.Results.Add(result);
        }
    }

    private sealed record Asked(WebRequest Request)
    {
        public List<WebPicture> Results { get; } = [];
    }
}
