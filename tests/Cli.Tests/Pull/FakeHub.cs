using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Cli.Tests.Pull;

/// <summary>A model hub and, on another port, the storage it redirects large files to. Faults are switched on by the test.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Model = "someone/some-model";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Seen> _requests = new();

    private FakeHub(WebApplication app) => _app = app;

    public sealed record Seen(
        string Path,
        string Query,
        string? Authorization,
        string? Range,
        string? IfRange,
        int Port
    );

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Paths kept in the storage: listed with SHA-256, reached by a redirect.</summary>
    public HashSet<string> Large { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs before the hub or its storage answers; true when it has answered itself.</summary>
    public Func<HttpContext, Task<bool>> Intercept { get; set; } = static _ => Task.FromResult(false);

    /// <summary>The listing carries sizes and checksums.</summary>
    public bool TellsBlobs { get; set; } = true;

    /// <summary>There is a tree listing, so many entries a page.</summary>
    public int? TreePageSize { get; set; }

    /// <summary>Large files tell their SHA-256 while redirecting.</summary>
    public bool TellsLinkedTags { get; set; } = true;

    public Func<string, string> RedirectTo { get; set; } = static address => address;

    public string Endpoint { get; private set; } = "";

    public string Storage { get; private set; } = "";

    public IReadOnlyList<Seen> Requests => [.. _requests];

    public static async Task<FakeHub> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var hub = new FakeHub(app);
        app.Run(hub.AnswerAsync);
        await app.StartAsync();
        string[] addresses = [.. app.Urls];
        hub.Endpoint = addresses[0];
        hub.Storage = addresses[1];
        return hub;
    }

    /// <summary>A file of pseudo-random bytes.</summary>
    public byte[] Add(string path, int size, bool isLarge = false, int seed = 1)
    {
        byte[] content = new byte[size];
#pragma warning disable CA5394 // Content only has to be the same at each run.
        new Random(seed).NextBytes(content);
#pragma warning restore CA5394
        Files[path] = content;
        if (isLarge)
        {
            Large.Add(path);
        }
        return content;
    }

    /// <summary>The files of a small diffusers folder.</summary>
    public void AddDiffusersModel()
    {
        Add("model_index.json", 300);
        Add("README.md", 100);
        Add("unet/config.json", 200, seed: 2);
        Add("unet/diffusion_pytorch_model.safetensors", 300_000, isLarge: true);
        Add("unet/diffusion_pytorch_model.bin", 300_100, isLarge: true);
        Add("vae/config.json", 210, seed: 3);
        Add("vae/diffusion_pytorch_model.safetensors", 100_000, isLarge: true, seed: 4);
        Add("tokenizer/merges.txt", 220, seed: 5);
        Add("safety_checker/model.safetensors", 400_000, isLarge: true, seed: 6);
    }

    public IEnumerable<Seen> DownloadsOf(string path) =>
        Requests.Where(seen => seen.Path.EndsWith("/" + path, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

#pragma warning disable CA5350 // Git names contents by SHA-1.
    private static string GitSha1(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350

    private async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value!;
        _requests.Enqueue(
            new Seen(
                path,
                request.QueryString.Value ?? "",
                request.Headers.Authorization,
                request.Headers.Range,
                request.Headers.IfRange,
                context.Connection.LocalPort
            )
        );
        if (await Intercept(context))
        {
            return;
        }
        bool isStorage = context.Connection.LocalPort == new Uri(Storage).Port;
        string resolve = $"/{Model}/resolve/{Commit}/";
        if (isStorage && path.StartsWith("/store/", StringComparison.Ordinal))
        {
            await SendAsync(context, path[7..], tag: $"\"s3-{path.Length}\"");
        }
        else if (path is $"/api/models/{Model}/revision/main")
        {
            await context.Response.WriteAsync(ListModel().ToJsonString());
        }
        else if (path is $"/api/models/{Model}/tree/{Commit}" && TreePageSize is { } pageSize)
        {
            await SendTreeAsync(context, pageSize);
        }
        else if (path.StartsWith(resolve, StringComparison.Ordinal) && Files.ContainsKey(path[resolve.Length..]))
        {
            await ResolveAsync(context, path[resolve.Length..]);
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private JsonObject ListModel() =>
        new()
        {
            ["sha"] = Commit,
            ["siblings"] = new JsonArray([.. Files.Select(file => Describe(file.Key, file.Value, isTree: false))]),
        };

    private JsonObject Describe(string path, byte[] content, bool isTree)
    {
        var entry = new JsonObject { [isTree ? "path" : "rfilename"] = path };
        if (!isTree && !TellsBlobs)
        {
            return entry;
        }
        entry["size"] = content.Length;
        entry[isTree ? "oid" : "blobId"] = GitSha1(Large.Contains(path) ? [1, 2, 3] : content);
        if (Large.Contains(path))
        {
            entry["lfs"] = new JsonObject
            {
                ["size"] = content.Length,
                [isTree ? "oid" : "sha256"] = Sha256(content),
                ["pointerSize"] = 134,
            };
        }
        return entry;
    }

    private async Task SendTreeAsync(HttpContext context, int pageSize)
    {
        _ = int.TryParse(context.Request.Query["cursor"], CultureInfo.InvariantCulture, out int start);
        if (start + pageSize < Files.Count)
        {
            context.Response.Headers.Link =
                $"<{Endpoint}{context.Request.Path}?recursive=true&cursor={start + pageSize}>; rel=\"next\"";
        }
        JsonObject[] page =
        [
            .. Files.Skip(start).Take(pageSize).Select(file => Describe(file.Key, file.Value, isTree: true)),
            new JsonObject { ["type"] = "directory", ["path"] = "unet" },
        ];
        await context.Response.WriteAsync(new JsonArray([.. page]).ToJsonString());
    }

    private async Task ResolveAsync(HttpContext context, string path)
    {
        byte[] content = Files[path];
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!Large.Contains(path))
        {
            await SendAsync(context, path, $"\"{GitSha1(content)}\"");
            return;
        }
        if (TellsLinkedTags)
        {
            context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
            context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        }
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = RedirectTo($"{Storage}/store/{path}");
    }

    private async Task SendAsync(HttpContext context, string path, string tag)
    {
        byte[] content = Files[path];
        context.Response.Headers.ETag = tag;
        string? range = context.Request.Headers.Range;
        string? ifRange = context.Request.Headers.IfRange;
        int from = 0;
        if (range is not null && (ifRange is null || string.Equals(ifRange, tag, StringComparison.Ordinal)))
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            if (from >= content.Length)
            {
                context.Response.StatusCode = 416;
                return;
            }
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }
        context.Response.ContentLength = content.Length - from;
        await context.Response.Body.WriteAsync(content.AsMemory(from));
    }
}
