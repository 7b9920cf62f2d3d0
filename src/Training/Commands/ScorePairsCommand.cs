using System.CommandLine;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score pairs</c>: scores of every pair of some stages' shards.</summary>
internal static class ScorePairsCommand
{
    public static Command Create()
    {
        Option<string[]> pairs = ScoreCommand.PairsOption("Folders of finished stages of 'construct'.");
        Option<string> clip = ScoreCommand.ClipOption();
        Option<string> device = ScoreCommand.DeviceOption();
        var aesthetic = new Option<string?>("--aesthetic")
        {
            Description = "LAION's aesthetic predictor (.pth or .safetensors); needs CLIP ViT-L/14.",
            HelpName = "file",
        };
        var giqa = new Option<string[]>("--giqa")
        {
            Description = "Models that 'score fit' has written, at most one of each kind.",
            HelpName = "file",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var stage = new StageOptions(workers: 2); // one decodes while the model is at the other's pictures
        var command = new Command("pairs", "Score pairs. The shards hold records alone; pictures stay where they are.")
        {
            pairs,
            clip,
            aesthetic,
            giqa,
            device,
        };
        stage.AddTo(command);
        command.SetAction((parse, stop) => Task.Run(() => Run(parse, stop), CancellationToken.None));
        return command;

        int Run(ParseResult parse, CancellationToken stop)
        {
            PairSets sets = PairSets.Open(parse.GetRequiredValue(pairs));
            using ScoreModels models = ScoreModels.Open(
                parse.GetRequiredValue(clip),
                parse.GetValue(aesthetic),
                parse.GetRequiredValue(giqa),
                parse.GetRequiredValue(device),
                stop
            );
            return stage.Run(parse, new ScoreStage(sets, models), stop);
        }
    }
}
