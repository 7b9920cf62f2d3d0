using System.CommandLine;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Scoring.Report;
using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score report</c>: histograms, and the best and worst pairs, as a page and as JSON.</summary>
internal static class ScoreReportCommand
{
    private const string PageName = "report.html";
    private const string JsonName = "report.json";

    private static readonly JsonSerializerOptions _json = new(ShardJson.Options) { WriteIndented = true };

    public static Command Create()
    {
        Option<string[]> pairs = ScoreCommand.PairsOption("The folders that were scored, in the same order.");
        Option<string> scores = ScoreCommand.ScoresOption();
        var selection = new Option<string?>("--selection")
        {
            Description = "Folder that 'score select' has filled, to see what was kept.",
            HelpName = "folder",
        };
        var examples = new Option<int>("--examples")
        {
            Description = "Best and worst pairs shown of each score.",
            DefaultValueFactory = _ => 5,
        };
        DataOptions.RequireAtLeast(0, examples);
        var output = new Option<string>("--out", "-o")
        {
            Description = $"Folder for {PageName} and {JsonName}.",
            HelpName = "folder",
            Required = true,
        };
        var command = new Command("report", "Show scores and selection in one page that loads nothing, and as JSON.")
        {
            pairs,
            scores,
            selection,
            examples,
            output,
        };
        command.SetAction(parse =>
        {
            ScoredPairs scored = ScoredPairs.Open(parse.GetRequiredValue(pairs), parse.GetRequiredValue(scores));
            ScoreReport report = new ScoreReportBuild(scored, parse.GetValue(examples)).Build(
                parse.GetValue(selection)
            );
            var page = new ScoreReportPage(report, new PairThumbnails(scored.Pairs).Of);
            string folder = parse.GetRequiredValue(output);
            Directory.CreateDirectory(folder);
            Write(Path.Combine(folder, JsonName), JsonSerializer.SerializeToUtf8Bytes(report, _json));
            string path = Path.Combine(folder, PageName);
            Write(path, Encoding.UTF8.GetBytes(page.Build()));
            parse.InvocationConfiguration.Output.WriteLine(path);
        });
        return command;
    }

    private static void Write(string path, byte[] content) =>
        DiskFullException.Watch(path, () => File.WriteAllBytes(path, content));
}
