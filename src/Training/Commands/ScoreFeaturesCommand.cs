using System.CommandLine;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Features;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score features</c>: CLIP's vectors of a folder of pictures, which models of quality are fitted to.</summary>
internal static class ScoreFeaturesCommand
{
    public static Command Create()
    {
        Option<string> clip = ScoreCommand.ClipOption();
        Option<string> device = ScoreCommand.DeviceOption();
        var pictures = new Option<string>("--pictures")
        {
            Description =
                "Folder of pictures. For mbc and progress: a folder below it for each iteration, named by it, and real ones.",
            HelpName = "folder",
            Required = true,
        };
        var stage = new StageOptions(workers: 1);
        var command = new Command("features", "Turn pictures into CLIP's vectors, for 'score fit'.")
        {
            pictures,
            clip,
            device,
        };
        stage.AddTo(command);
        command.SetAction((parse, stop) => Task.Run(() => Run(parse, stop), CancellationToken.None));
        return command;

        int Run(ParseResult parse, CancellationToken stop)
        {
            string folder = parse.GetRequiredValue(clip);
            PictureList list = PictureList.Of(parse.GetRequiredValue(pictures));
            using ClipScores scores = ClipScores.Open(folder, parse.GetRequiredValue(device), stop);
            return stage.Run(parse, new FeatureStage(list, scores, ScoreModels.NoteOf("clip", folder, stop)), stop);
        }
    }
}
