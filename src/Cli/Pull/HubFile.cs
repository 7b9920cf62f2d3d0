namespace InstructDiffusion.Cli.Pull;

/// <summary>One file of a model on the hub, as the listing tells it.</summary>
internal sealed record HubFile
{
    /// <summary>Path inside the model, with '/'; checked by <see cref="HubPath"/>.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes; null when the listing does not say.</summary>
    public long? Size { get; init; }

    /// <summary>SHA-256 of the content, lower-case hex; known for files in large-file storage.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Git's object id of the content, lower-case hex; known for small files.</summary>
    public string? GitSha1 { get; init; }
}

/// <summary>A model's files at one commit.</summary>
/// <param name="Commit">The commit the revision stood for when it was listed, so that all files come from one state.</param>
/// <param name="Files">Every file, in the hub's order.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files);
