using System.Net.Http.Headers;
using System.Text.Json;

namespace InstructDiffusion.Cli.Pull;

/// <summary>
/// A file being downloaded: <c>name.part</c> beside its goal, and <c>name.part.json</c> saying which content its bytes
/// belong to, so that a later run continues only what is the same.
/// </summary>
internal sealed class PartialFile : IAsyncDisposable
{
    private readonly FileStream _stream;
    private readonly string _goal;
    private State _state;

    private PartialFile(FileStream stream, string goal, State state)
    {
        _stream = stream;
        _goal = goal;
        _state = state;
    }

    /// <summary>Bytes here.</summary>
    public long Length => _stream.Length;

    /// <summary>Tag of the answer the bytes came from.</summary>
    public EntityTagHeaderValue? ETag =>
        EntityTagHeaderValue.TryParse(_state.Etag, out EntityTagHeaderValue? tag) ? tag : null;

    /// <summary>Opens what an earlier run left of <paramref name="file"/>, or an empty file.</summary>
    /// <exception cref="CommandException">Another process is downloading the same file.</exception>
    public static async Task<PartialFile> OpenAsync(string goal, HubFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(goal))!);
        FileStream stream;
        try
        {
            stream = new FileStream(
                goal + HubPath.PartSuffix,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    Options = FileOptions.Asynchronous,
                    BufferSize = 0,
                }
            );
        }
        catch (IOException failure) when (File.Exists(goal + HubPath.PartSuffix))
        {
            throw new CommandException($"{goal}{HubPath.PartSuffix} is in use: is another pull running?", failure);
        }
        State? left = await ReadStateAsync(goal + HubPath.PartStateSuffix, cancellationToken);
        var partial = new PartialFile(stream, goal, left ?? new State());
        if (left is null || !left.CanContinue(file) || stream.Length > file.Size)
        {
            partial.Empty();
        }
        stream.Position = stream.Length;
        return partial;
    }

    /// <summary>Drops the bytes.</summary>
    public void Empty()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _state = new State();
    }

    /// <summary>Notes which content the following bytes belong to.</summary>
    public async Task DescribeAsync(HubFile file, EntityTagHeaderValue? tag, CancellationToken cancellationToken)
    {
        _state = new State
        {
            Etag = tag?.ToString(),
            Size = file.Size,
            Sha256 = file.Sha256,
            GitSha1 = file.GitSha1,
        };
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(_state, PullJson.Options);
        await File.WriteAllBytesAsync(_goal + HubPath.PartStateSuffix, json, cancellationToken);
    }

    public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _stream.WriteAsync(bytes, cancellationToken);

    /// <summary>Closes the file; its bytes are on the disk afterwards.</summary>
    public async Task<string> CloseAsync()
    {
        _stream.Flush(flushToDisk: true);
        await _stream.DisposeAsync();
        return _goal + HubPath.PartSuffix;
    }

    /// <summary>Removes file and description; after <see cref="CloseAsync"/>.</summary>
    public static void Delete(string goal)
    {
        File.Delete(goal + HubPath.PartSuffix);
        File.Delete(goal + HubPath.PartStateSuffix);
    }

    /// <summary>Gives the finished file its name in one step; after <see cref="CloseAsync"/>.</summary>
    public static void MoveToGoal(string goal)
    {
        File.Move(goal + HubPath.PartSuffix, goal, overwrite: true);
        File.Delete(goal + HubPath.PartStateSuffix);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async Task<State?> ReadStateAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            byte[] json = await File.ReadAllBytesAsync(path, cancellationToken);
            return JsonSerializer.Deserialize<State>(json, PullJson.Options);
        }
        catch (Exception failure) when (failure is IOException or JsonException)
        {
            // Without its description a partial file is worth nothing.
            return null;
        }
    }

    private sealed record State
    {
        public string? Etag { get; init; }

        public long? Size { get; init; }

        public string? Sha256 { get; init; }

        public string? GitSha1 { get; init; }

        /// <summary>A checksum proves the joined file in the end; without one the tag must prove that the rest fits.</summary>
        public bool CanContinue(HubFile file)
        {
            bool isProvable = file.Sha256 is not null || file.GitSha1 is not null || Etag is not null;
            return isProvable
                && Agree(Sha256, file.Sha256)
                && Agree(GitSha1, file.GitSha1)
                && (Size is null || file.Size is null || Size == file.Size);
        }

        private static bool Agree(string? left, string? right) =>
            left is null || right is null || string.Equals(left, right, StringComparison.Ordinal);
    }
}
