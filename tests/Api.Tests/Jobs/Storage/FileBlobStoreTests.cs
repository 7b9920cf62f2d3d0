using System.Security.Cryptography;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Blobs;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public sealed class FileBlobStoreTests : IDisposable
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1_000_000).Select(i => (byte)(i * 31))];

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly FileBlobStore _store;

    public FileBlobStoreTests() => _store = Open();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Put_File_ComesBackByItsHashAlsoAfterReopening()
    {
        string hash = await _store.PutAsync(Bytes, isResult: false, TestEnd);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Bytes)), hash);
        Assert.Equal(Bytes, await ReadAsync(Open(), hash));
    }

    [Fact]
    public async Task Put_SameFileByManyAtOnce_IsKeptOnceAndWhole()
    {
        string[] hashes = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => Task.Run(() => _store.PutAsync(Bytes, isResult: false, TestEnd), TestEnd))
        );

        Assert.Single(hashes.Distinct());
        Assert.Equal(Bytes, await ReadAsync(_store, hashes[0]));
        Assert.Single(Files());
    }

    [Fact]
    public async Task Open_UnknownHash_IsNull() => Assert.Null(await _store.OpenAsync(new string('0', 64), TestEnd));

    [Theory]
    [InlineData("")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("..%2f..%2f")]
    [InlineData("ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD")]
    public async Task Open_NoHash_IsAMistakeOfTheCaller(string hash) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _store.OpenAsync(hash, TestEnd));

    [Fact]
    public async Task Put_LimitReached_RefusesUploadsAndKeepsResults()
    {
        FileBlobStore store = Open(maxBytes: 1_000_000);
        string kept = await store.PutAsync(Bytes, isResult: false, TestEnd);
        byte[] more = [1, 2, 3];

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() =>
            store.PutAsync(more, isResult: false, TestEnd)
        );
        string result = await store.PutAsync(more, isResult: true, TestEnd);
        string again = await store.PutAsync(Bytes, isResult: false, TestEnd); // takes no more room

        Assert.Contains("1000000 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(more, await ReadAsync(store, result));
        Assert.Equal(kept, again);
        // The limit counts what was there before the start.
        await Assert.ThrowsAsync<JobsUnavailableException>(() =>
            Open(maxBytes: 1_000_000).PutAsync(new byte[] { 4 }, isResult: false, TestEnd)
        );
    }

    [Fact]
    public async Task Sweep_NotReferencedAndOld_IsDeletedAndItsRoomIsFree()
    {
        FileBlobStore store = Open(maxBytes: 1_000_002);
        string kept = await store.PutAsync(new byte[] { 1, 2 }, isResult: false, TestEnd);
        string old = await store.PutAsync(Bytes, isResult: false, TestEnd);
        int early = await store.SweepAsync(new HashSet<string> { kept }, TestEnd);

        _time.Advance(FileBlobStore.Grace + TimeSpan.FromSeconds(1));
        int deleted = await store.SweepAsync(new HashSet<string> { kept }, TestEnd);

        Assert.Equal((0, 1), (early, deleted));
        Assert.Null(await store.OpenAsync(old, TestEnd));
        Assert.Equal([1, 2], await ReadAsync(store, kept));
        await store.PutAsync(Bytes, isResult: false, TestEnd);
    }

    [Fact]
    public async Task Sweep_OldFileThatWasPutAgain_IsKept()
    {
        string hash = await _store.PutAsync(Bytes, isResult: false, TestEnd);
        _time.Advance(FileBlobStore.Grace + TimeSpan.FromSeconds(1));

        // Between the look at what is referenced and the deletion, a new job comes with the same file.
        await _store.PutAsync(Bytes, isResult: false, TestEnd);
        int deleted = await _store.SweepAsync(new HashSet<string>(), TestEnd);

        Assert.Equal(0, deleted);
        Assert.Equal(Bytes, await ReadAsync(_store, hash));
    }

    [Fact]
    public async Task Sweep_ByAnotherServerWhileAFileIsPutAgain_NeverTakesItAway()
    {
        byte[] bytes = [1, 2, 3];
        FileBlobStore other = Open();
        for (int i = 0; i < 50; i++)
        {
            await _store.PutAsync(bytes, isResult: false, TestEnd);
            _time.Advance(FileBlobStore.Grace + TimeSpan.FromSeconds(1));

            Task<int> sweep = Task.Run(() => other.SweepAsync(new HashSet<string>(), TestEnd), TestEnd);
            string hash = await _store.PutAsync(bytes, isResult: false, TestEnd);
            await sweep;

            Assert.Equal(bytes, await ReadAsync(_store, hash));
        }
    }

    [Fact]
    public async Task Sweep_UnfinishedFileOfAProcessThatDied_GoesInTime()
    {
        await _store.PutAsync(Bytes, isResult: false, TestEnd);
        string unfinished = _folder.Of("blobs", "0123.part");
        await File.WriteAllTextAsync(unfinished, "half", TestEnd);
        File.SetLastWriteTimeUtc(unfinished, _time.GetUtcNow().UtcDateTime);
        _time.Advance(FileBlobStore.Grace + TimeSpan.FromSeconds(1));

        await _store.SweepAsync(new HashSet<string>(), TestEnd);

        Assert.Empty(Files());
    }

    [Fact]
    public async Task Put_FolderCannotBeMade_IsUnavailable()
    {
        await File.WriteAllTextAsync(_folder.Of("file"), "in the way", TestEnd);
        FileBlobStore store = Open(path: _folder.Of("file"));

        await Assert.ThrowsAsync<JobsUnavailableException>(() => store.PutAsync(Bytes, isResult: true, TestEnd));
    }

    private FileBlobStore Open(long maxBytes = 1_000_000_000, string? path = null) =>
        new(Options.Create(new JobsOptions { Path = path ?? _folder.Path, MaxBytes = maxBytes }), new JobClock(_time));

    private string[] Files() => Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);

    private static async Task<byte[]> ReadAsync(FileBlobStore store, string hash)
    {
        await using Stream? stream = await store.OpenAsync(hash, TestEnd);
        using var memory = new MemoryStream();
        await stream!.CopyToAsync(memory, TestEnd);
        return memory.ToArray();
    }
}
