namespace InstructDiffusion.Cli.Pull;

/// <summary>What <c>pull</c> was asked to do.</summary>
internal sealed record PullOptions
{
    public required HubAddress Address { get; init; }

    public required string Output { get; init; }

    public string Revision { get; init; } = "main";

    public FileSelection Selection { get; init; } = new();

    public string? Token { get; init; }

    /// <summary>Files downloaded at the same time.</summary>
    public int Jobs { get; init; } = 3;

    /// <summary>Replace files that were not pulled or were changed since.</summary>
    public bool Force { get; init; }

    /// <summary>List what would be downloaded, and stop.</summary>
    public bool DryRun { get; init; }

    public RetryPolicy Retry { get; init; } = new();

    public TimeSpan Timeout { get; init; } = BodyReader.StallTimeout;

    /// <summary>Bytes free on the disk of a folder; replaced in tests.</summary>
    public Func<string, long> FreeSpace { get; init; } = static folder => new DriveInfo(folder).AvailableFreeSpace;
}
