using System.CommandLine;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pages;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct web pages</c>: requests from pages that are fetched.</summary>
internal static class ConstructWebPagesCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var urls = new Argument<string>("urls") { Description = "File of addresses of pages, one a line." };
        var most = new Option<int>("--most-pages")
        {
            Description = "Of a list that goes on, from one address.",
            HelpName = "count",
            DefaultValueFactory = _ => 100,
        };
        DataOptions.RequireAtLeast(1, most);
        var import = new WebImportOptions();
        var fetch = new WebFetchOptions();
        var command = new Command("pages", "Fetch pages, politely, and read requests and results from them by rules.")
        {
            urls,
            most,
        };
        import.AddTo(command);
        fetch.AddTo(command);
        command.SetAction(
            async (parse, stop) =>
            {
                WebRules rules = import.Rules(parse);
                var log = new RejectionLog();
                using WebCache cache = fetch.Cache(parse);
                using WebFetcher fetcher = fetch.Fetcher(parse, cache);
                var reader = new PageReader(rules, import.AllowsUnknownLicence(parse), log);
                var pages = new PageImport(fetcher, cache, reader, log, ProgressLine.OfProcess(_plainInterval));
                IReadOnlyList<WebRequest> requests = await pages.RunAsync(
                    Addresses(parse.GetRequiredValue(urls)),
                    parse.GetValue(most),
                    stop
                );
                string output = import.Output(parse);
                WebRequestFile.Write(output, requests);
                ImportReport.Write(
                    output,
                    $"{requests.Count:N0} requests with {requests.Sum(r => (long)r.Results.Count):N0} results",
                    log,
                    parse.InvocationConfiguration.Output
                );
                return 0;
            }
        );
        return command;
    }

    private static IEnumerable<string> Addresses(string path)
    {
        using var lines = new BoundedLines(path, WebAddress.Longest);
        while (lines.Next() is { } line)
        {
            if (line.Trim() is { Length: > 0 } address)
            {
                yield return address;
            }
        }
    }
}
