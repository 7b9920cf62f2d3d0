using System.CommandLine;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pairs;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct web fetch</c>: the pictures of requests, into the cache.</summary>
internal static class ConstructWebFetchCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var requests = new Argument<string>("requests") { Description = "File that 'posts' or 'pages' made." };
        var fetch = new WebFetchOptions();
        var command = new Command("fetch", "Fetch the pictures of requests, politely; what is there is not asked for.")
        {
            requests,
        };
        fetch.AddTo(command);
        command.SetAction(
            async (parse, stop) =>
            {
                string path = parse.GetRequiredValue(requests);
                IReadOnlyList<WebRequest> wanted = WebRequestFile.Read(path);
                var log = new RejectionLog();
                using WebCache cache = fetch.Cache(parse);
                using WebFetcher fetcher = fetch.Fetcher(parse, cache);
                var pictures = new PictureFetch(
                    fetcher,
                    fetch.Options(parse).Hosts,
                    log,
                    ProgressLine.OfProcess(_plainInterval),
                    TimeProvider.System
                );
                await pictures.RunAsync(wanted, stop);
                string again =
                    pictures.Passing > 0 ? $"; run again for {pictures.Passing:N0} that failed in passing" : "";
                ImportReport.Write(
                    path + ".fetch",
                    $"{pictures.Had:N0} pictures are in the cache{again}",
                    log,
                    parse.InvocationConfiguration.Output
                );
                return 0;
            }
        );
        return command;
    }
}
