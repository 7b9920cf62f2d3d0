using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>
/// From a post and its comments to a request: the picture the post links to is the source, those that the best comments link to are
/// the results, the title is the instruction.
/// </summary>
internal sealed class PostPairing
{
    private readonly PostRules _rules;
    private readonly LicenceTable _licences;
    private readonly bool _allowsUnknownLicence;
    private readonly UnsafeWords _unsafe;
    private readonly InstructionCleaner _cleaner;
    private readonly PictureLinks _links;
    private readonly RejectionLog _log;
    private readonly HashSet<string> _communities;
    private readonly Uri _site;

    /// <param name="rules">The user's.</param>
    /// <param name="allowsUnknownLicence">Keep what has no licence, as unknown.</param>
    /// <param name="log">Told what is left out.</param>
    public PostPairing(WebRules rules, bool allowsUnknownLicence, RejectionLog log)
    {
        _rules = rules.Posts;
        _licences = new LicenceTable(rules.Licences);
        _allowsUnknownLicence = allowsUnknownLicence;
        _unsafe = new UnsafeWords(rules.UnsafeWords);
        _cleaner = new InstructionCleaner(rules.Instructions);
        _links = new PictureLinks(rules.Posts.Rewrites);
        _log = log;
        _communities = new HashSet<string>(rules.Posts.Communities, StringComparer.OrdinalIgnoreCase);
        _site = new Uri(rules.Posts.Site);
    }

    /// <summary>The request without its results; null where the post is left out, which is noted.</summary>
    public WebRequest? RequestOf(Post post)
    {
        if (_communities.Count > 0 && !_communities.Contains(post.Community))
        {
            _log.LeaveOut("of another community", post.Community);
            return null;
        }
        IReadOnlyList<Uri> sources = SourcesOf(post);
        string problem =
            post.HiddenAs is { } why ? $"unsafe: marked {why}"
            : _unsafe.FindIn($"{post.Title}\n{post.Text}") is not null ? "unsafe: a word of the list"
            : post.IsRemoved || post.Author is null ? "taken back or taken down"
            : sources.Count == 0 ? "no picture to change"
            : sources.Count > 1 ? "several pictures to change"
            : "";
        string? instruction = problem.Length == 0 ? _cleaner.Clean(post.Title, out problem) : null;
        Uri? link = WebAddress.Read(post.Permalink, _site);
        if (instruction is null || link is null)
        {
            _log.Reject(instruction is null ? problem : "a permalink that is no address", $"{post.Id}: {post.Title}");
            return null;
        }
        if (LicenceOf(post.Licence, sources[0]) is not { } licence)
        {
            _log.Reject(LicenceTable.Reason, $"{post.Id}: {sources[0]}");
            return null;
        }
        return new WebRequest
        {
            Id = $"posts/{post.Id}",
            Permalink = link.AbsoluteUri,
            Instruction = instruction,
            Title = post.Title,
            Source = new WebPicture
            {
                Url = sources[0].AbsoluteUri,
                Licence = licence,
                Author = WebPicture.Name(post.Author),
                Permalink = link.AbsoluteUri,
            },
            Results = [],
        };
    }

    /// <summary>The picture of a comment; null where it offers none that is of use, which is noted unless it is mere talk.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="comment">The comment.</param>
    public WebPicture? ResultOf(WebRequest request, Comment comment)
    {
        IReadOnlyList<Uri> pictures = _links.In(comment.Text);
        if (pictures.Count == 0 || _rules.Bots.Contains(comment.Author, StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }
        string problem =
            comment.IsReply && !_rules.Replies ? "result: in a reply to a comment"
            : comment.Author is null ? "result: taken back"
            : string.Equals(WebPicture.Name(comment.Author), request.Source.Author, StringComparison.OrdinalIgnoreCase)
                ? "result: by the one who asked"
            : comment.Score < _rules.LeastScore ? "result: too few votes"
            : _unsafe.FindIn(comment.Text) is not null ? "result: unsafe: a word of the list"
            : string.Equals(pictures[0].AbsoluteUri, request.Source.Url, StringComparison.Ordinal)
                ? "result: the picture to change"
            : "";
        string? licence = LicenceOf(comment.Licence, pictures[0]);
        problem = problem.Length == 0 && licence is null ? $"result: {LicenceTable.Reason}" : problem;
        if (problem.Length > 0)
        {
            _log.Reject(problem, $"{request.Id}, comment {comment.Id}: {pictures[0]}");
            return null;
        }
        return new WebPicture
        {
            Url = pictures[0].AbsoluteUri,
            Licence = licence,
            Author = WebPicture.Name(comment.Author),
            Permalink = WebAddress.Read(comment.Permalink, _site)?.AbsoluteUri ?? request.Permalink,
            Score = comment.Score,
        };
    }

    private IReadOnlyList<Uri> SourcesOf(Post post) =>
        _links.Of(post.Url) is { } picture ? [picture] : _links.In(post.Text);

    private string? LicenceOf(string? own, Uri picture) =>
        WebPicture.Name(own) ?? _licences.Of(picture) ?? (_allowsUnknownLicence ? LicenceTable.Unknown : null);
}
