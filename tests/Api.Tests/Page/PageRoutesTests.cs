using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using InstructDiffusion.Api.Page;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Page;

public sealed partial class PageRoutesTests : IAsyncLifetime
{
    private static readonly PageFiles Files = PageFiles.Load();

    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_Root_IsThePageAndIsAskedForAgain()
    {
        using HttpResponseMessage response = await _client.GetAsync("/", TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.False(response.Headers.ETag!.IsWeak);
    }

    [Fact]
    public async Task Get_Root_HasNoScriptOrStyleOfItsOwnAndNamesNoOtherSite()
    {
        string page = await _client.GetStringAsync("/", TestEnd);

        Assert.DoesNotMatch(InlineCode(), page);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EveryFileThatThePageNames_IsThereAndIsKept()
    {
        string page = await _client.GetStringAsync("/", TestEnd);
        string[] named = [.. Address().Matches(page).Select(match => match.Groups["address"].Value).Distinct()];

        Assert.True(named.Length > 5, page);
        foreach (string address in named)
        {
            using HttpResponseMessage response = await _client.GetAsync(address, TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_EveryModuleThatAModuleImports_IsThere()
    {
        PageFile[] modules =
        [
            .. Files.Others.Where(file => file.RelativePath.EndsWith(".js", StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(modules);
        foreach (PageFile module in modules)
        {
            string text = System.Text.Encoding.UTF8.GetString(module.Content);
            foreach (Match import in Import().Matches(text))
            {
                using HttpResponseMessage response = await _client.GetAsync(
                    $"/page/{Files.Version}/js/{import.Groups["file"].Value}",
                    TestEnd
                );
                Assert.True(response.IsSuccessStatusCode, $"{module.RelativePath}: {import.Value}");
                Assert.Equal("text/javascript; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            }
        }
    }

    [Theory]
    [InlineData("/", "")]
    [InlineData("/", "gzip")]
    [InlineData("/page/{0}/css/base.css", "")]
    [InlineData("/page/{0}/css/base.css", "br, gzip;q=0.5")]
    public async Task Get_WithTheTagOfBefore_IsNotModified(string path, string encodings)
    {
        using HttpResponseMessage first = await GetAsync(path, encodings, tag: null);
        using HttpResponseMessage second = await GetAsync(path, encodings, first.Headers.ETag);

        Assert.Equal(200, (int)first.StatusCode);
        Assert.Equal(304, (int)second.StatusCode);
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
        Assert.Equal(first.Headers.CacheControl, second.Headers.CacheControl);
    }

    [Fact]
    public async Task Get_WithGzip_IsTheSameFileUnderAnotherTag()
    {
        using HttpResponseMessage plain = await GetAsync("/", "gzip;q=0", tag: null);
        using HttpResponseMessage packed = await GetAsync("/", "gzip", tag: null);

        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal(["gzip"], packed.Content.Headers.ContentEncoding);
        Assert.Equal(["Accept-Encoding"], packed.Headers.Vary);
        Assert.NotEqual(plain.Headers.ETag, packed.Headers.ETag);
        await using var unpacked = new GZipStream(
            await packed.Content.ReadAsStreamAsync(TestEnd),
            CompressionMode.Decompress
        );
        using var bytes = new MemoryStream();
        await unpacked.CopyToAsync(bytes, TestEnd);
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(TestEnd), bytes.ToArray());
    }

    [Fact]
    public async Task Head_Root_HasTheLengthAndNoBody()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(Files.Start.Content.Length, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestEnd));
    }

    [Fact]
    public async Task Get_FileOfAnotherVersion_IsServedAndNotKept()
    {
        using HttpResponseMessage response = await _client.GetAsync("/page/0123456789abcdef/js/main.js", TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData("js/missing.js")]
    [InlineData("index.html")]
    [InlineData("package.json")]
    [InlineData("..%2f..%2fappsettings.json")]
    [InlineData("%2e%2e/%2e%2e/appsettings.json")]
    public async Task Get_NoFileOfThePage_IsNotFound(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync($"/page/{Files.Version}/{path}", TestEnd);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public void Files_InTheFolder_AreAllEmbedded()
    {
        string folder = RepositoryRoot.Of("src", "Api", "wwwroot");
        string[] lying =
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Where(path => !path.EndsWith(".json", StringComparison.Ordinal) && path != "index.html"),
        ];

        Assert.Equal(
            lying.Order(StringComparer.Ordinal),
            Files.Others.Select(f => f.RelativePath).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Scripts_Length_IsWithinTheHouseRule() =>
        Assert.All(
            Files.Others.Where(file => file.RelativePath.EndsWith(".js", StringComparison.Ordinal)),
            file =>
                Assert.True(file.Content.Count(b => b == '\n') <= 300, $"{file.RelativePath} has more than 300 lines")
        );

    [Fact]
    public void PageFile_OfAnUnknownKind_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new PageFile("a/b.exe", [1]));

        Assert.Contains("'a/b.exe'", error.Message, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string encodings, EntityTagHeaderValue? tag)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            path.Replace("{0}", Files.Version, StringComparison.Ordinal)
        );
        if (encodings.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encodings);
        }
        if (tag is not null)
        {
            request.Headers.IfNoneMatch.Add(tag);
        }
        return await _client.SendAsync(request, TestEnd);
    }

    [GeneratedRegex(
        """<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex InlineCode();

    [GeneratedRegex("""(?:src|href)="(?<address>page/[^"]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Address();

    [GeneratedRegex(
        """^(?:import|\} from).*"\./(?<file>[a-z-]+\.js)";$""",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Import();
}
