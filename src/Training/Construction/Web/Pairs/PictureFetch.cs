using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pictures;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>
/// Fetches the pictures of requests into the cache: several hosts at a time, each one picture after the other in the requests' order.
/// </summary>
/// <param name="fetcher">Fetches.</param>
/// <param name="hosts">Asked at the same time at most.</param>
/// <param name="log">Told what was refused; not used by others meanwhile.</param>
/// <param name="line">Shows progress.</param>
/// <param name="time">Measures its rate.</param>
internal sealed class PictureFetch(
    WebFetcher fetcher,
    int hosts,
    RejectionLog log,
    ProgressLine line,
    TimeProvider time
)
{
    private readonly Lock _noting = new();
    private long _had;
    private long _passing;

    /// <summary>Pictures that the cache holds now.</summary>
    public long Had => _had;

    /// <summary>Pictures that another run may get.</summary>
    public long Passing => _passing;

    /// <summary>Fetches what is not there yet.</summary>
    /// <param name="requests">Whose pictures.</param>
    /// <param name="cancellationToken">Ends it; what was fetched is kept.</param>
    public async Task RunAsync(IReadOnlyList<WebRequest> requests, CancellationToken cancellationToken)
    {
        var byHost = new Dictionary<string, List<Uri>>(StringComparer.Ordinal);
        var seen = new HashSet<Uri>();
        foreach (WebRequest request in requests)
        {
            foreach (WebPicture picture in request.Results.Prepend(request.Source))
            {
                if (WebAddress.Read(picture.Url) is not { } address)
                {
                    log.Reject("picture: no http or https address", picture.Url);
                }
                else if (seen.Add(address))
                {
                    string host = WebAddress.HostOf(address);
                    if (!byHost.TryGetValue(host, out List<Uri>? own))
                    {
                        byHost.Add(host, own = []);
                    }
                    own.Add(address);
                }
            }
        }
        var progress = new WorkProgress(line, "fetch", "pictures", byHost.Values.Sum(own => (long)own.Count), time);
        var options = new ParallelOptions { MaxDegreeOfParallelism = hosts, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            byHost.Values,
            options,
            async (addresses, cancel) =>
            {
                foreach (Uri address in addresses)
                {
                    await FetchAsync(address, cancel);
                    progress.Advance();
                }
            }
        );
        progress.Complete();
    }

    private async Task FetchAsync(Uri address, CancellationToken cancel)
    {
        try
        {
            await fetcher.FetchAsync(
                address,
                (int)WebPictureReader.Limits.MaxBytes,
                body => PictureNote.Of(WebPictureReader.Read(body, address.AbsoluteUri)),
                cancel
            );
            Interlocked.Increment(ref _had);
        }
        catch (FetchRefusedException refusal)
        {
            lock (_noting)
            {
                log.Reject($"picture {refusal.Reason}", refusal.Detail);
                _passing += refusal.Kind == RefusalKind.Passing ? 1 : 0;
            }
        }
    }
}
