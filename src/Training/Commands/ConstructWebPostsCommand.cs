using System.CommandLine;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Posts;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct web posts</c>: requests from a saved dump of posts.</summary>
internal static class ConstructWebPostsCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var posts = new Argument<string[]>("dump")
        {
            Description = "Files of posts, one JSON object a line.",
            Arity = ArgumentArity.OneOrMore,
        };
        var comments = new Option<string[]>("--comments")
        {
            Description = "Files of comments, one JSON object a line, where they are not within the posts.",
            HelpName = "file",
            AllowMultipleArgumentsPerToken = true,
        };
        var import = new WebImportOptions();
        var command = new Command("posts", "Read requests and results from a dump; nothing is fetched.")
        {
            posts,
            comments,
        };
        import.AddTo(command);
        command.SetAction(
            (parse, stop) =>
            {
                WebRules rules = import.Rules(parse);
                var log = new RejectionLog();
                var pairing = new PostPairing(rules, import.AllowsUnknownLicence(parse), log);
                var reading = new PostImport(pairing, rules.Posts, log, ProgressLine.OfProcess(_plainInterval));
                IReadOnlyList<WebRequest> requests = reading.Run(
                    parse.GetRequiredValue(posts),
                    parse.GetValue(comments) ?? [],
                    stop
                );
                string output = import.Output(parse);
                WebRequestFile.Write(output, requests);
                ImportReport.Write(
                    output,
                    $"{requests.Count:N0} requests with {requests.Sum(r => (long)r.Results.Count):N0} results of {reading.Lines:N0} lines",
                    log,
                    parse.InvocationConfiguration.Output
                );
                return Task.FromResult(0);
            }
        );
        return command;
    }
}
