using InstructDiffusion.Api.Callers;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Cli.Tests.Keys;

public sealed class KeyCreateCommandTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Create_NameAndScopes_PrintsTheKeyAndALineThatKnowsIt()
    {
        int code = await RunAsync("--name", "alice", "--scopes", "edit,jobs", "--expires", "2027-12-31");

        Assert.Equal(ExitCode.Success, code);
        string[] lines = _terminal.Out.TrimEnd().Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.Matches("^idk_[A-Za-z0-9_-]{43}$", lines[0]);
        ApiKeyEntry entry = ApiKeyEntry.Parse(lines[1]);
        Assert.Empty(entry.Faults());
        Assert.Equal(("alice", "edit jobs"), (entry.Name, entry.Scopes));
        Assert.Equal(ApiKey.Hash(lines[0]), entry.Hash);
        // The whole of its last day.
        Assert.Equal(new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero), entry.Expires);
        Assert.DoesNotContain(lines[0], lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_KeysFile_GetsTheLineAndTheOutputTheKeyAlone()
    {
        string file = Path.Combine(_folder.Path, "keys.jsonl");
        await File.WriteAllTextAsync(file, "# ours", TestContext.Current.CancellationToken);

        await RunAsync("--name", "alice", "--scopes", "edit", "--keys-file", file, "--requests-per-minute", "60");
        await RunAsync("--name", "bob", "--scopes", "admin", "--keys-file", file);

        string[] keys = _terminal.Out.TrimEnd().Split(Environment.NewLine);
        string[] lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal("# ours", lines[0]);
        Assert.Equal(keys.Select(ApiKey.Hash), lines[1..].Select(line => ApiKeyEntry.Parse(line).Hash));
        Assert.Equal(60, ApiKeyEntry.Parse(lines[1]).RequestsPerMinute);
    }

    [Theory]
    [InlineData("'a b'", "--name", "a b", "--scopes", "edit")]
    [InlineData("edit, jobs, admin, metrics", "--name", "a", "--scopes", "root")]
    [InlineData("--expires", "--name", "a", "--scopes", "edit", "--expires", "tomorrow")]
    [InlineData("limit", "--name", "a", "--scopes", "edit", "--concurrent-requests", "0")]
    public async Task Create_WhatNoServerWouldTake_IsAUsageError(string named, params string[] options)
    {
        int code = await RunAsync(options);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(named, _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_terminal.Out);
    }

    private Task<int> RunAsync(params string[] options) =>
        CommandLine.RunAsync(
            ["key", "create", .. options],
            _terminal.Terminal,
            (_, _) => throw new InvalidOperationException("No model in this test."),
            TestContext.Current.CancellationToken
        );
}
