using System.Text.Json;

namespace InstructDiffusion.Cli.Pull;

/// <summary>What lies in a pulled folder, where it came from, and the checksums to prove it: <c>pull-manifest.json</c>.</summary>
internal sealed record PullManifest
{
    public const string FileName = "pull-manifest.json";

    /// <summary>The hub's address.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's id on the hub.</summary>
    public required string Model { get; init; }

    /// <summary>The revision asked for, e.g. main.</summary>
    public required string Revision { get; init; }

    /// <summary>The commit it stood for.</summary>
    public required string Commit { get; init; }

    public required IReadOnlyList<PulledFile> Files { get; init; }

    /// <returns>Null when the folder has none, or none that can be read.</returns>
    public static async Task<PullManifest?> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            byte[] json = await File.ReadAllBytesAsync(Path.Combine(folder, FileName), cancellationToken);
            return JsonSerializer.Deserialize<PullManifest>(json, PullJson.Options);
        }
        catch (Exception failure) when (failure is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>This manifest with the files of an earlier one that still belong to the same model.</summary>
    public PullManifest JoinedWith(PullManifest? earlier) =>
        earlier is null || !IsSameModel(earlier)
            ? this
            : this with
            {
                Files =
                [
                    .. Files
                        .Concat(earlier.Files)
                        .DistinctBy(static file => file.Path)
                        .OrderBy(static file => file.Path, StringComparer.Ordinal),
                ],
            };

    private bool IsSameModel(PullManifest other) =>
        string.Equals(other.Model, Model, StringComparison.Ordinal)
        && string.Equals(other.Endpoint, Endpoint, StringComparison.Ordinal);

    /// <summary>Writes aside, then renames.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        string goal = Path.Combine(folder, FileName);
        await File.WriteAllBytesAsync(
            goal + ".new",
            JsonSerializer.SerializeToUtf8Bytes(this, PullJson.Options),
            cancellationToken
        );
        File.Move(goal + ".new", goal, overwrite: true);
    }
}

/// <summary>One file of a pulled folder.</summary>
internal sealed record PulledFile
{
    public required string Path { get; init; }

    public required long Size { get; init; }

    public required string Sha256 { get; init; }

    /// <summary>Whether the hub told a checksum that was compared; otherwise only the size was.</summary>
    public required bool IsVerified { get; init; }

    public bool Matches(string path, ContentHash content) =>
        string.Equals(Path, path, StringComparison.Ordinal)
        && string.Equals(Sha256, content.Sha256, StringComparison.Ordinal);

    public static PulledFile Of(string path, ContentHash hash, bool isVerified) =>
        new()
        {
            Path = path,
            Size = hash.Size,
            Sha256 = hash.Sha256,
            IsVerified = isVerified,
        };
}
