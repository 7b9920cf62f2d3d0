using System.Text.Json;

namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>
/// A line of a dump as a post or a comment. Fields that have another type than they should are as if missing; comments may come with
/// the post, flat or nested, as lists or as the site's own listings.
/// </summary>
internal static class DumpReader
{
    private const int MostComments = 2000;

    private static readonly JsonDocumentOptions _options = new() { MaxDepth = 64 };

    /// <summary>A post; null, with why, where the line is none.</summary>
    public static Post? ReadPost(ReadOnlyMemory<byte> line, out string problem) => Read(line, PostOf, out problem);

    /// <summary>A comment of a file of comments; null, with why, where the line is none.</summary>
    public static Comment? ReadComment(ReadOnlyMemory<byte> line, out string problem) =>
        Read(line, item => CommentOf(item, postId: null, isReply: false), out problem);

    private static T? Read<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T?> map, out string problem)
        where T : class
    {
        problem = "a line that is no JSON object, or nested too deeply";
        try
        {
            using JsonDocument json = JsonDocument.Parse(line, _options);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            problem = "a line without id, title and permalink, or without id, post and text";
            return map(json.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Post? PostOf(JsonElement item)
    {
        if (
            IdOf(item, "id") is not { } id
            || Text(item, "title") is not { } title
            || Text(item, "permalink") is not { } link
        )
        {
            return null;
        }
        return new Post
        {
            Id = id,
            Title = title,
            Permalink = link,
            Community = Text(item, "subreddit") ?? Text(item, "community") ?? "",
            Url = Text(item, "url_overridden_by_dest") ?? Text(item, "url"),
            Text = Text(item, "selftext"),
            Author = AuthorOf(item),
            Licence = Text(item, "licence") ?? Text(item, "license"),
            HiddenAs =
                Flag(item, "over_18") ? "over_18"
                : Flag(item, "spoiler") ? "spoiler"
                : Flag(item, "quarantine") ? "quarantine"
                : null,
            IsRemoved = Text(item, "removed_by_category") is not null || Text(item, "selftext") is "[removed]",
            Comments = item.TryGetProperty("comments", out JsonElement comments) ? CommentsOf(comments, id) : [],
        };
    }

    private static List<Comment> CommentsOf(JsonElement list, string postId)
    {
        var comments = new List<Comment>();
        var open = new Stack<(JsonElement List, bool IsReply)>([(list, false)]);
        while (open.TryPop(out (JsonElement List, bool IsReply) next))
        {
            foreach (JsonElement item in ItemsOf(next.List))
            {
                if (comments.Count == MostComments)
                {
                    return comments;
                }
                if (CommentOf(item, postId, next.IsReply) is { } comment)
                {
                    comments.Add(comment);
                }
                if (item.TryGetProperty("replies", out JsonElement replies))
                {
                    open.Push((replies, true));
                }
            }
        }
        return comments;
    }

    // Either a list, or {"data": {"children": [{"data": {…}}]}}.
    private static IEnumerable<JsonElement> ItemsOf(JsonElement list)
    {
        JsonElement items =
            list.ValueKind == JsonValueKind.Object
            && list.TryGetProperty("data", out JsonElement data)
            && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("children", out JsonElement children)
                ? children
                : list;
        return items.ValueKind != JsonValueKind.Array
            ? []
            : items
                .EnumerateArray()
                .Where(item => item.ValueKind == JsonValueKind.Object)
                .Select(item =>
                    item.TryGetProperty("data", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object
                        ? inner
                        : item
                );
    }

    private static Comment? CommentOf(JsonElement item, string? postId, bool isReply)
    {
        string? post = postId ?? IdOf(item, "link_id");
        if (post is null || IdOf(item, "id") is not { } id || Text(item, "body") is not { } text)
        {
            return null;
        }
        bool answersComment = Text(item, "parent_id")?.StartsWith("t1_", StringComparison.Ordinal) == true;
        return new Comment(id, post, text)
        {
            Author = AuthorOf(item),
            Permalink = Text(item, "permalink"),
            Licence = Text(item, "licence") ?? Text(item, "license"),
            Score = Number(item, "score"),
            IsReply = isReply || answersComment,
        };
    }

    // "t3_abc123", "t1_abc123" or the plain id; others name nothing of a dump.
    private static string? IdOf(JsonElement item, string name)
    {
        const int Longest = 40;
        string? id = Text(item, name);
        id =
            id?.StartsWith("t3_", StringComparison.Ordinal) == true
            || id?.StartsWith("t1_", StringComparison.Ordinal) == true
                ? id[3..]
                : id;
        return
            id?.Length is > 0 and <= Longest
            && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? id
            : null;
    }

    private static string? AuthorOf(JsonElement item) =>
        Text(item, "author") is { } author and not "[deleted]" and not "[removed]" ? author : null;

    private static string? Text(JsonElement item, string name)
    {
        if (!item.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }
        try
        {
            return value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a letter, as \ud800 alone is
        }
    }

    private static long Number(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out long number)
            ? number
            : 0;

    private static bool Flag(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
