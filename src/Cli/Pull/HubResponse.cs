using System.Net;
using System.Net.Http.Headers;

namespace InstructDiffusion.Cli.Pull;

/// <summary>A successful answer, body unread. The caller disposes it.</summary>
internal sealed class HubResponse(HttpResponseMessage message, LinkedHeaders linked) : IDisposable
{
    /// <summary>What the hub said about the file while redirecting to it.</summary>
    public LinkedHeaders Linked => linked;

    /// <summary>The next page of a paged listing.</summary>
    public Uri? NextPage
    {
        get
        {
            if (!message.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            {
                return null;
            }
            // <https://hub/api/…?cursor=…>; rel="next"
            string? next = links
                .SelectMany(static value => value.Split(','))
                .FirstOrDefault(static link => link.Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase));
            int open = next?.IndexOf('<', StringComparison.Ordinal) ?? -1;
            int close = next?.IndexOf('>', StringComparison.Ordinal) ?? -1;
            return open >= 0 && close > open && message.RequestMessage?.RequestUri is { } here
                ? new Uri(here, next![(open + 1)..close])
                : null;
        }
    }

    public bool IsPartial => message.StatusCode == HttpStatusCode.PartialContent;

    /// <summary>First byte of a partial answer.</summary>
    public long? From => message.Content.Headers.ContentRange?.From;

    /// <summary>Size of the whole file as far as this answer tells.</summary>
    public long? TotalSize =>
        (IsPartial ? message.Content.Headers.ContentRange?.Length : message.Content.Headers.ContentLength)
        ?? linked.Size;

    /// <summary>The entity tag by which a later request can ask for the rest of the same bytes; null if there is none or it is weak.</summary>
    public EntityTagHeaderValue? StrongETag => message.Headers.ETag is { IsWeak: false } tag ? tag : null;

    public Task<Stream> OpenBodyAsync(CancellationToken cancellationToken) =>
        message.Content.ReadAsStreamAsync(cancellationToken);

    public void Dispose() => message.Dispose();
}

/// <summary>What the hub's own answers, before any redirect to storage, tell about a file.</summary>
internal sealed record LinkedHeaders
{
    public long? Size { get; init; }

    public string? Sha256 { get; init; }

    public string? GitSha1 { get; init; }

    /// <summary>The headers seen so far with those of one more answer.</summary>
    public LinkedHeaders UpdatedFrom(HttpResponseMessage response)
    {
        string? tag = Header(response, "X-Linked-Etag");
        // A plain ETag is a git object id only where the hub itself, which marks its answers so, sends it.
        bool isHub = Header(response, "X-Repo-Commit") is not null;
        string? plainTag = isHub ? response.Headers.ETag?.Tag : null;
        return new LinkedHeaders
        {
            Size = Size ?? (long.TryParse(Header(response, "X-Linked-Size"), out long size) && size >= 0 ? size : null),
            Sha256 = Sha256 ?? Hex(tag, 64),
            GitSha1 = GitSha1 ?? (tag is null ? Hex(plainTag, 40) : null),
        };
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private static string? Hex(string? tag, int length)
    {
        string? value = tag?.Trim().Trim('"');
        return value?.Length == length && value.All(char.IsAsciiHexDigit) ? value.ToLowerInvariant() : null;
    }
}
