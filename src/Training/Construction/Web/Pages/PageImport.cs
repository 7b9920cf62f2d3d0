using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Web.Pages;

/// <summary>Fetches pages, one list after the other, and gives their requests in the pages' order.</summary>
/// <param name="fetcher">Fetches.</param>
/// <param name="cache">Holds what was fetched.</param>
/// <param name="reader">Reads.</param>
/// <param name="log">Told what is left out.</param>
/// <param name="line">Shows progress.</param>
internal sealed class PageImport(
    WebFetcher fetcher,
    WebCache cache,
    PageReader reader,
    RejectionLog log,
    ProgressLine line
)
{
    /// <summary>Longest page, bytes.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Fetches and reads.</summary>
    /// <param name="addresses">Where to begin.</param>
    /// <param name="mostPages">Pages of a list at most.</param>
    /// <param name="cancellationToken">Ends it; what was fetched is kept.</param>
    public async Task<IReadOnlyList<WebRequest>> RunAsync(
        IEnumerable<string> addresses,
        int mostPages,
        CancellationToken cancellationToken
    )
    {
        var requests = new List<WebRequest>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<Uri>();
        foreach (string text in addresses)
        {
            Uri? page = WebAddress.Read(text);
            if (page is null)
            {
                log.Reject("no http or https address", text);
            }
            for (int i = 0; i < mostPages && page is not null && seen.Add(page); i++)
            {
                line.Show($"pages: {seen.Count:N0} fetched, {requests.Count:N0} requests; {page}");
                (IReadOnlyList<WebRequest> found, page) = await ReadAsync(page, cancellationToken);
                foreach (WebRequest request in found)
                {
                    if (ids.Add(request.Id))
                    {
                        requests.Add(request);
                    }
                    else
                    {
                        log.Reject("a request twice", request.Permalink);
                    }
                }
            }
        }
        return requests;
    }

    private async Task<(IReadOnlyList<WebRequest> Requests, Uri? Next)> ReadAsync(Uri page, CancellationToken cancel)
    {
        try
        {
            WebRecord record = await fetcher.FetchAsync(page, MaxBytes, _ => null, cancel);
            return cache.BodyOf(page, record) is { } body
                ? reader.Read(new Uri(record.FinalUrl), body, record.MediaType)
                : ([], null);
        }
        catch (FetchRefusedException refusal)
        {
            log.Reject($"page {refusal.Reason}", refusal.Detail);
            return ([], null);
        }
    }
}
