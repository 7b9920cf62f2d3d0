using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Security;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers;

public sealed class KeyStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder.Path, "keys.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task KeysFile_Changed_IsTakenOverWhileTheServerRuns()
    {
        await WriteAsync(Line("alice", Keys.Alice));
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Settings = { ["Security:KeysFile"] = File } };
        using HttpClient client = await app.StartAsync();
        Assert.Equal((200, 401), (await StatusAsync(client, Keys.Alice), await StatusAsync(client, Keys.Bob)));

        await WriteAsync(Line("bob", Keys.Bob)); // a key was replaced
        await TickUntilAsync(app, time, "1 keys are valid");
        Assert.Equal((401, 200), (await StatusAsync(client, Keys.Alice), await StatusAsync(client, Keys.Bob)));

        await WriteAsync("{ half a line");
        await TickUntilAsync(app, time, "the old keys stay valid");
        Assert.Equal((401, 200), (await StatusAsync(client, Keys.Alice), await StatusAsync(client, Keys.Bob)));

        await WriteAsync(""); // the last key is revoked; that does not open the server
        await TickUntilAsync(app, time, "0 keys are valid");
        Assert.Equal((401, 401), (await StatusAsync(client, Keys.Bob), await StatusAsync(client, null)));
    }

    [Fact]
    public async Task KeysFile_Gone_TheOldKeysStayAndItIsComplainedOfOnce()
    {
        await WriteAsync(Line("alice", Keys.Alice));
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Settings = { ["Security:KeysFile"] = File } };
        using HttpClient client = await app.StartAsync();

        System.IO.File.Delete(File);
        await TickUntilAsync(app, time, "the old keys stay valid");
        time.Advance(KeysFileWatch.Interval);
        time.Advance(KeysFileWatch.Interval);

        Assert.Equal(200, await StatusAsync(client, Keys.Alice));
        await WriteAsync(Line("alice", Keys.Alice) + Line("bob", Keys.Bob));
        await TickUntilAsync(app, time, "2 keys are valid");
        Assert.Single(app.Logs.Lines, line => line.Contains("the old keys stay valid", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no json", "Line 1")]
    [InlineData("# comment\n\n{\"name\":\"a\"}", "hash")]
    [InlineData("{\"name\":\"a b\",\"hash\":\"HASH\",\"scopes\":\"edit\"}", "'a b'")]
    [InlineData("{\"name\":\"a\",\"hash\":\"md5:00\",\"scopes\":\"edit\"}", "sha256:")]
    [InlineData("{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"edit root\"}", "edit, jobs, admin, metrics")]
    [InlineData("{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"\"}", "scopes ''")]
    [InlineData("{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"edit\",\"colour\":1}", "Line 1")]
    [InlineData("{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"edit\",\"requests_per_minute\":0}", "limit")]
    [InlineData(
        "{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"edit\"}\n{\"name\":\"b\",\"hash\":\"HASH\",\"scopes\":\"edit\"}",
        "twice"
    )]
    [InlineData(
        "{\"name\":\"a\",\"hash\":\"HASH\",\"scopes\":\"edit\"}\n{\"name\":\"a\",\"hash\":\"HASI\",\"scopes\":\"edit\",\"requests_per_minute\":5}",
        "same limits"
    )]
    public async Task KeysFile_Wrong_StopsTheStartAndNamesTheFault(string text, string named)
    {
        text = text.Replace("HASH", ApiKey.Hash("a"), StringComparison.Ordinal)
            .Replace("HASI", ApiKey.Hash("b"), StringComparison.Ordinal);
        await WriteAsync(text);
        await using var app = new ApiApplication { Settings = { ["Security:KeysFile"] = File } };

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(app.StartUnreadyAsync);

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeysFile_Missing_StopsTheStartAndNamesIt()
    {
        await using var app = new ApiApplication { Settings = { ["Security:KeysFile"] = File } };

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(app.StartUnreadyAsync);

        Assert.Contains(File, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ring_TwoKeysOfOneName_AreOneCallerSoThatAKeyCanBeReplaced()
    {
        ApiKeyEntry first = new()
        {
            Name = "alice",
            Hash = ApiKey.Hash("1"),
            Scopes = "edit",
        };
        var ring = new ApiKeyRing([
            first,
            first with
            {
                Hash = ApiKey.Hash("2").ToUpperInvariant().Replace("SHA256", "sha256", StringComparison.Ordinal),
            },
        ]);

        Assert.Equal("alice", ring.Find("1")?.Name);
        Assert.Equal("alice", ring.Find("2")?.Name);
        Assert.Null(ring.Find("3"));
        Assert.Null(ring.Find(new string('1', 100_000)));
    }

    [Fact]
    public void Store_SettingsAndFile_HoldTogether()
    {
        System.IO.File.WriteAllText(File, $"# the second\n{Line("bob", Keys.Bob)}");
        var store = new KeyStore(
            new SecurityOptions
            {
                Keys =
                [
                    new ApiKeyEntry
                    {
                        Name = "alice",
                        Hash = ApiKey.Hash(Keys.Alice),
                        Scopes = "edit",
                    },
                ],
                KeysFile = File,
            }
        );

        Assert.Equal("alice", store.Ring.Find(Keys.Alice)?.Name);
        Assert.Equal("bob", store.Ring.Find(Keys.Bob)?.Name);
        Assert.False(store.Reload());
    }

    private Task WriteAsync(string text) => System.IO.File.WriteAllTextAsync(File, text, TestEnd);

    private static string Line(string name, string key) =>
        new ApiKeyEntry
        {
            Name = name,
            Hash = ApiKey.Hash(key),
            Scopes = "edit",
        }.ToLine() + "\n";

    private static async Task<int> StatusAsync(HttpClient client, string? key)
    {
        using HttpRequestMessage request = Keys.Get("/v1/tasks");
        using HttpResponseMessage response = await client.SendAsync(key is null ? request : request.From(key), TestEnd);
        return (int)response.StatusCode;
    }

    private static Task TickUntilAsync(ApiApplication app, FakeTimeProvider time, string logged) =>
        ApiApplication.Until(() =>
        {
            time.Advance(KeysFileWatch.Interval);
            return app.Logs.Lines.Any(line => line.Contains(logged, StringComparison.Ordinal));
        });
}
