using System.Security.Cryptography;
using InstructDiffusion.Api.Configuration;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Storage.Blobs;

/// <summary>
/// Files in a folder, named for their contents: <c>blobs/ab/abcd…</c>. A file appears under its name only when all of it is on
/// the disk, so one that is there is whole.
/// </summary>
internal sealed class FileBlobStore(IOptions<JobsOptions> options, JobClock clock) : IBlobStore
{
    /// <summary>Files younger than this are not swept.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly string _folder = Path.GetFullPath(Path.Combine(options.Value.Path, "blobs"));
    private readonly long _maxBytes = options.Value.MaxBytes;
    private readonly Lock _lock = new();
    private long? _used;

    public async Task<string> PutAsync(ReadOnlyMemory<byte> bytes, bool isResult, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        string path = PathOf(hash);
        try
        {
            if (TryTouch(path))
            {
                return hash;
            }
            Reserve(bytes.Length, isResult);
            bool isNew = false;
            try
            {
                isNew = await WriteAsync(path, bytes, cancellationToken);
            }
            finally
            {
                if (!isNew)
                {
                    Free(bytes.Length);
                }
            }
            return hash;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }
    }

    public Task<Stream?> OpenAsync(string hash, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(
                new FileStream(
                    PathOf(hash),
                    new FileStreamOptions
                    {
                        Share = FileShare.Read | FileShare.Delete,
                        Options = FileOptions.Asynchronous,
                    }
                )
            );
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }
    }

    public Task<int> SweepAsync(IReadOnlySet<string> referenced, CancellationToken cancellationToken)
    {
        int deleted = 0;
        long left = 0;
        try
        {
            foreach (FileInfo file in Files())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!referenced.Contains(file.Name) && TryDelete(file))
                {
                    deleted++;
                }
                else if (file.Exists)
                {
                    left += file.Length;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }
        lock (_lock)
        {
            // What other servers put into a shared folder counts too.
            _used = left;
        }
        return Task.FromResult(deleted);
    }

    /// <summary>False if another call wrote the same file meanwhile.</summary>
    private async Task<bool> WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string folder = Path.GetDirectoryName(path)!;
        PrivateFolder.Create(folder);
        string unfinished = Path.Combine(_folder, $"{Guid.NewGuid():N}.part");
        try
        {
            bool isNew;
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(bytes, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            File.SetLastWriteTimeUtc(unfinished, clock.Now.UtcDateTime);
            lock (_lock)
            {
                isNew = !File.Exists(path);
                File.Move(unfinished, path, overwrite: true);
            }
            DirectoryFlush.Flush(folder);
            return isNew;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    // A file that is there already may be about to be swept: from now on it is young.
    private bool TryTouch(string path)
    {
        lock (_lock)
        {
            if (!File.Exists(path))
            {
                return false;
            }
            try
            {
                File.SetLastWriteTimeUtc(path, clock.Now.UtcDateTime);
                return true;
            }
            catch (FileNotFoundException)
            {
                // Another server that shares the folder has just taken it away.
                return false;
            }
        }
    }

    // Another server may be touching the file at this moment. So it is taken aside, looked at once more, and put back if it was
    // touched; who comes in between finds no file, and writes it anew.
    private bool TryDelete(FileInfo file)
    {
        lock (_lock)
        {
            string path = file.FullName;
            file.Refresh();
            if (!file.Exists || IsYoung(file))
            {
                return false;
            }
            try
            {
                file.MoveTo(Path.Combine(_folder, $"{Guid.NewGuid():N}.gone"));
                file.Refresh();
                if (IsYoung(file))
                {
                    file.MoveTo(path, overwrite: true);
                    return false;
                }
                file.Delete();
                return true;
            }
            catch (FileNotFoundException)
            {
                // Another server was faster.
                file.Refresh();
                return false;
            }
        }
    }

    private bool IsYoung(FileInfo file) => clock.Now.UtcDateTime - file.LastWriteTimeUtc < Grace;

    private void Reserve(long bytes, bool isResult)
    {
        lock (_lock)
        {
            _used ??= Files().Sum(file => file.Length);
            if (!isResult && _used + bytes > _maxBytes)
            {
                throw new JobsUnavailableException($"The files of jobs take all of the {_maxBytes} bytes they may.");
            }
            _used += bytes;
        }
    }

    private void Free(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
        }
    }

    private IEnumerable<FileInfo> Files() =>
        Directory.Exists(_folder) ? new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories) : [];

    private string PathOf(string hash) =>
        hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)
            ? Path.Combine(_folder, hash[..2], hash)
            : throw new ArgumentException(
                $"hash: must be 64 hexadecimal digits, got {hash.Length} characters",
                nameof(hash)
            );

    private static JobsUnavailableException Unavailable(Exception error)
    {
        const int noSpace = 28; // ENOSPC
        const int tooLarge = 27; // EFBIG
        const int quota = 122; // EDQUOT
        const int windowsFull = unchecked((int)0x80070070);
        return new JobsUnavailableException(
            error.HResult is noSpace or tooLarge or quota or windowsFull
                ? "The disk of the files of jobs is full."
                : "The folder of the files of jobs cannot be used.",
            error
        );
    }
}
