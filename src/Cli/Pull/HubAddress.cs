using System.Text.RegularExpressions;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Addresses of one model at one revision, in the HTTP layout model hubs share.</summary>
internal sealed partial class HubAddress
{
    private readonly string _root;

    /// <exception cref="UsageException">The endpoint is no http(s) address, or the id is not <c>name</c> or <c>owner/name</c>.</exception>
    public HubAddress(string endpoint, string modelId)
    {
        if (
            !Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https")
            || address.Query.Length > 0
            || address.UserInfo.Length > 0
        )
        {
            throw new UsageException(
                $"--endpoint must be an http or https address, got '{HubPath.Printable(endpoint)}'"
            );
        }
        if (!ModelIdForm().IsMatch(modelId) || modelId.Contains("..", StringComparison.Ordinal))
        {
            throw new UsageException($"The model id must look like owner/name, got '{HubPath.Printable(modelId)}'");
        }
        Endpoint = address;
        _root = address.AbsoluteUri.TrimEnd('/');
        ModelId = modelId;
    }

    public Uri Endpoint { get; }

    /// <summary>owner/name, or a bare name.</summary>
    public string ModelId { get; }

    public Uri Model(string revision) =>
        new($"{_root}/api/models/{ModelId}/revision/{Uri.EscapeDataString(revision)}?blobs=true");

    public Uri Tree(string commit) =>
        new($"{_root}/api/models/{ModelId}/tree/{Uri.EscapeDataString(commit)}?recursive=true");

    public Uri File(string commit, string path)
    {
        string escaped = string.Join('/', HubPath.Require(path).Split('/').Select(Uri.EscapeDataString));
        return new Uri($"{_root}/{ModelId}/resolve/{Uri.EscapeDataString(commit)}/{escaped}");
    }

    [GeneratedRegex(
        "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,95})?$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex ModelIdForm();
}
