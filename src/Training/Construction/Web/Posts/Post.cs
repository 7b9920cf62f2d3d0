namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>A post of a dump, as far as it is of use. Everything in it was written by strangers.</summary>
internal sealed record Post
{
    /// <summary>Of its site, without prefix.</summary>
    public required string Id { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>Where it can be read, perhaps relative.</summary>
    public required string Permalink { get; init; }

    /// <summary>Where it was posted.</summary>
    public string Community { get; init; } = "";

    /// <summary>What it links to.</summary>
    public string? Url { get; init; }

    /// <summary>What is written below the title.</summary>
    public string? Text { get; init; }

    /// <summary>Who wrote it; null where that was taken back.</summary>
    public string? Author { get; init; }

    /// <summary>Its own licence, where the dump has one.</summary>
    public string? Licence { get; init; }

    /// <summary>Why its site hides it: for adults, a spoiler, quarantined; null where it does not.</summary>
    public string? HiddenAs { get; init; }

    /// <summary>It was taken down.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Comments that came with it.</summary>
    public IReadOnlyList<Comment> Comments { get; init; } = [];
}

/// <summary>A comment.</summary>
/// <param name="Id">Of its site.</param>
/// <param name="PostId">What it is on.</param>
/// <param name="Text">What it says.</param>
internal sealed record Comment(string Id, string PostId, string Text)
{
    /// <summary>Who wrote it; null where that was taken back.</summary>
    public string? Author { get; init; }

    /// <summary>Where it can be read; null where the dump does not say.</summary>
    public string? Permalink { get; init; }

    /// <summary>Its own licence, where the dump has one.</summary>
    public string? Licence { get; init; }

    /// <summary>Votes.</summary>
    public long Score { get; init; }

    /// <summary>It answers another comment.</summary>
    public bool IsReply { get; init; }
}
