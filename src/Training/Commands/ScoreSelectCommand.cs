using System.CommandLine;
using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score select</c>: keeps the good pairs, as shards that training reads.</summary>
internal static class ScoreSelectCommand
{
    public static Command Create()
    {
        Option<string[]> pairs = ScoreCommand.PairsOption("The folders that were scored, in the same order.");
        Option<string> scores = ScoreCommand.ScoresOption();
        var rules = new Option<string>("--rules")
        {
            Description = "File of rules, e.g. recipes/selection/paper.json.",
            HelpName = "file",
            Required = true,
        };
        var seed = new Option<long>("--seed")
        {
            Description = "Of the draw. The same seed keeps the same pairs.",
            DefaultValueFactory = _ => 1,
        };
        var stage = new StageOptions(Environment.ProcessorCount);
        var command = new Command("select", "Keep the pairs that rules and chance select; of the others say why not.")
        {
            pairs,
            scores,
            rules,
            seed,
        };
        stage.AddTo(command);
        command.SetAction((parse, stop) => Task.Run(() => Run(parse, stop), CancellationToken.None));
        return command;

        int Run(ParseResult parse, CancellationToken stop)
        {
            SelectionRules read = SelectionRules.Read(parse.GetRequiredValue(rules));
            ScoredPairs scored = ScoredPairs.Open(parse.GetRequiredValue(pairs), parse.GetRequiredValue(scores));
            return stage.Run(parse, new SelectStage(scored, read, parse.GetValue(seed)), stop);
        }
    }
}
