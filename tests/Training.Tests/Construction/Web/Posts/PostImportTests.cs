using System.Text;
using System.Text.Json;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Posts;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Construction.Web.Posts;

public sealed class PostImportTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private RejectionLog _log = new();

    private static readonly WebRules _rules = new()
    {
        Licences = new(StringComparer.Ordinal) { ["pics.test"] = "CC0-1.0" },
        UnsafeWords = ["gore"],
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_PostWithComments_GivesTheBestResultsFirst()
    {
        IReadOnlyList<WebRequest> requests = Import(
            Post(
                "abc",
                comments:
                [
                    Comment("c1", "https://pics.test/low.png", score: 3),
                    Comment("c2", "Nice one!", score: 90),
                    Comment("c3", "[done](https://pics.test/best.png) and https://pics.test/second.png", score: 40),
                    Comment("c4", "https://pics.test/mine.png", score: 50, author: "asker"),
                    Comment("c5", "https://pics.test/poor.png", score: 1),
                    Comment("c6", "https://pics.test/gone.png", score: 60, author: "[deleted]"),
                    Comment("c7", "gore https://pics.test/bad.png", score: 70),
                    Comment("c8", "https://pics.test/bot.png", score: 80, author: "AutoModerator"),
                    Comment("c9", "https://elsewhere.test/x.png", score: 80),
                    Comment("d1", "https://pics.test/source.png", score: 80),
                ]
            )
        );

        WebRequest request = Assert.Single(requests);
        Assert.Equal(("posts/abc", "Remove the man"), (request.Id, request.Instruction));
        Assert.Equal("https://www.reddit.com/r/edits/comments/abc/", request.Permalink);
        Assert.Equal(("https://pics.test/source.png", "CC0-1.0", "asker"), Told(request.Source));
        Assert.Equal(["https://pics.test/best.png", "https://pics.test/low.png"], request.Results.Select(r => r.Url));
        Assert.Equal([40L, 3L], request.Results.Select(result => result.Score));
        AssertRejected(
            "result: by the one who asked",
            "result: too few votes",
            "result: taken back",
            "result: unsafe: a word of the list",
            "result: licence unknown",
            "result: the picture to change"
        );
    }

    public static TheoryData<string, string> LeftOut =>
        new()
        {
            { "unsafe: marked over_18", Post("a", more: """ "over_18": true """) },
            { "unsafe: marked spoiler", Post("a", more: """ "spoiler": true """) },
            { "unsafe: marked quarantine", Post("a", more: """ "quarantine": true """) },
            { "unsafe: a word of the list", Post("a", title: "Remove the GORE from this") },
            { "unsafe: a word of the list", Post("a", more: """ "selftext": "full of gore" """) },
            { "taken back or taken down", Post("a", author: "[deleted]") },
            { "taken back or taken down", Post("a", more: """ "removed_by_category": "moderator" """) },
            { "no picture to change", Post("a", url: "https://pics.test/gallery/a") },
            {
                "several pictures to change",
                Post("a", url: "", more: """ "selftext": "https://pics.test/1.png https://pics.test/2.png" """)
            },
            { "an instruction of too few words", Post("a", title: "Please?") },
            { "licence unknown", Post("a", url: "https://elsewhere.test/a.png") },
            { "no result", Post("a") },
            { "a line that is no JSON object, or nested too deeply", "[1, 2]" },
            { "a line that is no JSON object, or nested too deeply", "{\"id\": " },
            { "a line that is no JSON object, or nested too deeply", new string('[', 100_000) },
            { "a line without id, title and permalink, or without id, post and text", """{"id": "a", "title": 7}""" },
            {
                "a line without id, title and permalink, or without id, post and text",
                """{"id": "../../etc", "title": "Remove it all", "permalink": "/x"}"""
            },
        };

    [Theory]
    [MemberData(nameof(LeftOut))]
    public void Run_PostOfNoUse_IsLeftOutWithTheReason(string reason, string line)
    {
        Assert.Empty(Import(line));
        Assert.Equal([reason], _log.Rejected.Select(rejection => rejection.Reason));
    }

    [Fact]
    public void Run_UnknownLicence_IsKeptWhereThatIsAllowed()
    {
        _log = new RejectionLog();
        string post = Post(
            "a",
            url: "https://elsewhere.test/a.png",
            comments: [Comment("c", "https://elsewhere.test/b.png")]
        );

        WebRequest request = Assert.Single(Import([post], [], allowsUnknown: true));

        Assert.Equal("unknown", request.Source.Licence);
        Assert.Equal("unknown", request.Results[0].Licence);
    }

    [Fact]
    public void Run_LicencesOfPostAndComment_GoBeforeTheirHosts()
    {
        string post = Post(
            "a",
            more: """ "licence": "CC-BY-SA-4.0" """,
            comments:
            [
                """{"id": "c", "author": "x", "body": "https://pics.test/b.png", "score": 5, "license": "MIT"}""",
            ]
        );

        WebRequest request = Assert.Single(Import(post));

        Assert.Equal(("CC-BY-SA-4.0", "MIT"), (request.Source.Licence, request.Results[0].Licence));
    }

    [Fact]
    public void Run_CommentsInAFileOfTheirOwn_FindTheirPosts()
    {
        IReadOnlyList<WebRequest> requests = Import(
            [Post("a"), Post("b")],
            [
                """{"id": "c1", "link_id": "t3_b", "parent_id": "t3_b", "author": "x", "body": "https://pics.test/b.png", "score": 5}""",
                """{"id": "c2", "link_id": "t3_nobody", "author": "x", "body": "https://pics.test/c.png", "score": 5}""",
                """{"id": "c3", "link_id": "t3_b", "parent_id": "t1_c1", "author": "y", "body": "https://pics.test/d.png", "score": 9}""",
            ]
        );

        WebRequest request = Assert.Single(requests);
        Assert.Equal("posts/b", request.Id);
        Assert.Equal(["https://pics.test/b.png"], request.Results.Select(result => result.Url));
        AssertRejected("no result", "result: in a reply to a comment");
    }

    [Fact]
    public void Run_NestedListings_AreWalkedWhereRepliesAreWanted()
    {
        string reply = Comment("r", "https://pics.test/reply.png", score: 7);
        string comment =
            """{"kind": "t1", "data": {"id": "c", "author": "x", "body": "hm", "replies": {"data": {"children": [{"data": """
            + reply
            + "}]}}}}";
        string post = Post(
            "a",
            more: $$$""" "comments": {"data": {"children": [{{{comment}}}, 5, null, {"data": 3}]}} """
        );
        WebRules wanted = _rules with { Posts = new PostRules { Replies = true } };

        WebRequest request = Assert.Single(Import([post], [], rules: wanted));

        Assert.Equal(["https://pics.test/reply.png"], request.Results.Select(result => result.Url));
    }

    [Fact]
    public void Run_TwiceTheSamePost_CountsOnce()
    {
        string post = Post("a", comments: [Comment("c", "https://pics.test/b.png")]);

        Assert.Single(Import(post, post));
        AssertRejected("a post twice");
    }

    [Fact]
    public void Run_OtherCommunity_IsLeftOut()
    {
        WebRules rules = _rules with { Posts = new PostRules { Communities = ["PhotoshopRequest"] } };

        Assert.Empty(Import([Post("a")], [], rules: rules));
        Assert.Equal("of another community", Assert.Single(_log.LeftOut).Reason);
    }

    [Fact]
    public void Run_LineThatIsTooLong_SpoilsItselfAlone()
    {
        string good = Post("a", comments: [Comment("c", "https://pics.test/b.png")]);
        string path = _folder.Of("long.jsonl");
        using (var file = new StreamWriter(path))
        {
            file.Write("{\"id\": \"x\", \"title\": \"");
            string chunk = new('a', 1 << 16);
            for (int i = 0; i <= PostImport.LongestLine / chunk.Length; i++)
            {
                file.Write(chunk);
            }
            file.Write("\"}\n" + good);
        }

        IReadOnlyList<WebRequest> requests = Run([path], [], _rules, allowsUnknown: false);

        Assert.Single(requests);
        AssertRejected("a line that is too long");
    }

    [Fact]
    public void Run_RubbishBytes_AreNoLines()
    {
        string path = _folder.Of("rubbish.jsonl");
        File.WriteAllBytes(
            path,
            [.. "{\"id\": \"a\", \"title\": \""u8, 0xFF, 0xFE, .. "\", \"permalink\": \"/x\"}\n\r\n\n"u8, 0x00]
        );

        Assert.Empty(Run([path], [], _rules, allowsUnknown: false));
        Assert.Equal(2, _log.RejectedCount);
    }

    [Fact]
    public void Run_MissingFile_IsNamed()
    {
        DatasetException error = Assert.Throws<DatasetException>(() =>
            Run([_folder.Of("nowhere.jsonl")], [], _rules, allowsUnknown: false)
        );

        Assert.Contains("nowhere.jsonl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileOfRequests_IsWhatWasWritten()
    {
        string path = _folder.Of("requests.jsonl");
        IReadOnlyList<WebRequest> requests = Import(Post("a", comments: [Comment("c", "https://pics.test/b.png")]));

        WebRequestFile.Write(path, requests);
        byte[] first = File.ReadAllBytes(path);
        WebRequestFile.Write(path, WebRequestFile.Read(path));

        Assert.Equal(first, File.ReadAllBytes(path));
        File.AppendAllText(path, Encoding.UTF8.GetString(first));
        Assert.Contains(
            "twice",
            Assert.Throws<DatasetException>(() => WebRequestFile.Read(path)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""{"posts": {"most_results": 0}}""", "most_results")]
    [InlineData("""{"posts": {"site": "reddit"}}""", "site")]
    [InlineData("""{"posts": {"rewrites": [{"from": "https://a.test/{id}", "to": "file:///{id}"}]}}""", "rewrites")]
    [InlineData("""{"licences": {"a.test": "MIT"}, "unknown": 1}""", "unknown")]
    [InlineData("""{"pages": [{"host": "a.test", "source": "img[@src", "result": "li"}]}""", "img[")]
    [InlineData("""{"pages": [{"host": "a b", "source": "img@src", "result": "li"}]}""", "host")]
    public void Load_RulesThatMakeNoSense_AreRefused(string json, string named)
    {
        string path = _folder.Of("rules.json");
        File.WriteAllText(path, json);

        DatasetException error = Assert.Throws<DatasetException>(() => WebRules.Load(path));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<WebRequest> Import(params string[] posts) => Import(posts, []);

    private IReadOnlyList<WebRequest> Import(
        string[] posts,
        string[] comments,
        WebRules? rules = null,
        bool allowsUnknown = false
    )
    {
        string path = _folder.Of("posts.jsonl");
        File.WriteAllLines(path, posts);
        File.WriteAllLines(path + ".comments", comments);
        return Run([path], [path + ".comments"], rules ?? _rules, allowsUnknown);
    }

    private IReadOnlyList<WebRequest> Run(string[] posts, string[] comments, WebRules rules, bool allowsUnknown)
    {
        var line = new ProgressLine(TextWriter.Null, terminal: null, TimeProvider.System, TimeSpan.FromHours(1));
        var import = new PostImport(new PostPairing(rules, allowsUnknown, _log), rules.Posts, _log, line);
        return import.Run(posts, comments, TestContext.Current.CancellationToken);
    }

    private void AssertRejected(params string[] reasons) =>
        Assert.Equal(
            reasons.Order(StringComparer.Ordinal),
            _log.Rejected.Select(rejection => rejection.Reason).Order(StringComparer.Ordinal)
        );

    private static (string, string?, string?) Told(WebPicture picture) =>
        (picture.Url, picture.Licence, picture.Author);

    private static string Post(
        string id,
        string title = "Can someone remove the man?",
        string url = "https://pics.test/source.png",
        string author = "asker",
        string? more = null,
        string[]? comments = null
    )
    {
        string rest = comments is null ? "" : $", \"comments\": [{string.Join(',', comments)}]";
        rest += more is null ? "" : $", {more}";
        return $$"""{"id": "{{id}}", "title": {{JsonSerializer.Serialize(title)}}, "permalink": "/r/edits/comments/{{id}}/", """
            + $$""" "subreddit": "edits", "url": "{{url}}", "author": "{{author}}", "score": 12{{rest}}}""";
    }

    private static string Comment(string id, string body, long score = 5, string author = "editor") =>
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["id"] = id,
                ["author"] = author,
                ["body"] = body,
                ["score"] = score,
            }
        );
}
