using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Asks a hub for the files of one model.</summary>
internal sealed class HubClient(HubTransport transport, HubAddress address, RetryPolicy retry, Action<string> say)
{
    private const int MaxListingBytes = 64 * 1024 * 1024;
    private const int MaxPages = 100;

    /// <summary>Every file of the model at <paramref name="revision"/>, with sizes and checksums as far as the hub tells them.</summary>
    public async Task<HubListing> ListAsync(string revision, CancellationToken cancellationToken)
    {
        (JsonDocument model, _) = await ReadJsonAsync(address.Model(revision), cancellationToken);
        using (model)
        {
            HubListing listing = HubJson.ReadModel(model.RootElement, revision);
            if (listing.Files.All(static file => file.Size is not null))
            {
                return listing;
            }
            // A simple mirror answers without sizes; the tree has them, if there is one.
            IReadOnlyDictionary<string, HubFile> tree = await ReadTreeAsync(listing.Commit, cancellationToken);
            return listing with { Files = [.. listing.Files.Select(file => tree.GetValueOrDefault(file.Path, file))] };
        }
    }

    /// <summary>Opens a file from <paramref name="offset"/> on; the answer may still be the whole file.</summary>
    /// <param name="commit">Which state of the model.</param>
    /// <param name="file">Which file.</param>
    /// <param name="offset">Bytes already here.</param>
    /// <param name="tag">Tag of the bytes already here: another state of the file is then sent whole.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<HubResponse> OpenAsync(
        string commit,
        HubFile file,
        long offset,
        EntityTagHeaderValue? tag,
        CancellationToken cancellationToken
    ) =>
        transport.GetAsync(
            address.File(commit, file.Path),
            request =>
            {
                if (offset == 0)
                {
                    return;
                }
                request.Headers.Range = new RangeHeaderValue(offset, null);
                request.Headers.IfRange = tag is null ? null : new RangeConditionHeaderValue(tag);
            },
            cancellationToken
        );

    private async Task<IReadOnlyDictionary<string, HubFile>> ReadTreeAsync(
        string commit,
        CancellationToken cancellationToken
    )
    {
        var files = new Dictionary<string, HubFile>(StringComparer.Ordinal);
        Uri? page = address.Tree(commit);
        for (int i = 0; page is not null; i++)
        {
            if (i == MaxPages || !transport.IsEndpoint(page))
            {
                throw new HubException($"{address.Endpoint.Host}: the listing has too many pages or leaves the hub");
            }
            try
            {
                (JsonDocument json, page) = await ReadJsonAsync(page, cancellationToken);
                using (json)
                {
                    HubJson.ReadTree(json.RootElement, files);
                }
            }
            catch (HubException failure) when (failure.Status == HttpStatusCode.NotFound)
            {
                return files;
            }
        }
        return files;
    }

    private Task<(JsonDocument Json, Uri? NextPage)> ReadJsonAsync(Uri from, CancellationToken cancellationToken) =>
        retry.RunAsync(
            async () =>
            {
                using HubResponse response = await transport.GetAsync(from, prepare: null, cancellationToken);
                using var content = new MemoryStream();
                await BodyReader.CopyAsync(
                    response,
                    content.WriteAsync,
                    MaxListingBytes,
                    BodyReader.StallTimeout,
                    cancellationToken
                );
                content.Position = 0;
                try
                {
                    return (await JsonDocument.ParseAsync(content, default, cancellationToken), response.NextPage);
                }
                catch (JsonException failure)
                {
                    throw new HubException($"{from.Host} does not answer with JSON: is it a model hub?", failure);
                }
            },
            progress: static () => 0,
            say,
            cancellationToken
        );
}
