namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>How a dump of posts is read.</summary>
internal sealed record PostRules
{
    /// <summary>Communities (subreddits) that are read, in any case; all where it is empty.</summary>
    public IReadOnlyList<string> Communities { get; init; } = [];

    /// <summary>What relative permalinks are relative to.</summary>
    public string Site { get; init; } = "https://www.reddit.com";

    /// <summary>Votes that a result has at least.</summary>
    public long LeastScore { get; init; } = 2;

    /// <summary>Results of a post at most, those with the most votes.</summary>
    public int MostResults { get; init; } = 3;

    /// <summary>Look at replies to comments, too; else at those to the post alone.</summary>
    public bool Replies { get; init; }

    /// <summary>Names of programs that write comments.</summary>
    public IReadOnlyList<string> Bots { get; init; } = ["AutoModerator"];

    /// <summary>Pages that show one picture, and where it lies.</summary>
    public IReadOnlyList<LinkRewrite> Rewrites { get; init; } = [];

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="InvalidDataException">It makes none; the message names the value.</exception>
    public void Check()
    {
        if (MostResults is < 1 or > 20)
        {
            throw new InvalidDataException($"posts: most_results: expected 1 to 20, got {MostResults}");
        }
        if (Fetching.WebAddress.Read(Site) is null)
        {
            throw new InvalidDataException($"posts: site: expected an http or https address, got '{Site}'");
        }
        if (Rewrites.FirstOrDefault(rewrite => !rewrite.IsValid) is { } wrong)
        {
            throw new InvalidDataException(
                $"posts: rewrites: expected addresses that hold {{id}} once, got '{wrong.From}' to '{wrong.To}'"
            );
        }
    }
}
