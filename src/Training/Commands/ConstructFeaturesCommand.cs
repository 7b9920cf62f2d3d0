using System.CommandLine;
using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct features</c>: the vectors that regions are compared by.</summary>
internal static class ConstructFeaturesCommand
{
    public static Command Create()
    {
        Option<string> regions = ConstructOptions.Regions();
        Option<string> pictures = ConstructOptions.Pictures();
        var clip = new Option<string?>("--clip")
        {
            Description =
                "A CLIP, e.g. openai/clip-vit-large-patch14's folder. Without it shape and colours on a grid stand in.",
            HelpName = "folder",
        };
        Option<string> device = ConstructOptions.Device();
        var stage = new StageOptions(workers: 1);
        var command = new Command("features", "Make the vectors that regions are compared by.")
        {
            regions,
            pictures,
            clip,
            device,
        };
        stage.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        var set = ShardSet.Open(parse.GetRequiredValue(regions));
                        var sources = new SourcePictures(parse.GetRequiredValue(pictures));
                        if (parse.GetValue(clip) is not { } folder)
                        {
                            return stage.Run(parse, new FeatureStage(set, sources, new PixelFeatures()), stop);
                        }
                        using var features = new ClipFeatures(folder, parse.GetValue(device)!, stop);
                        return stage.Run(parse, new FeatureStage(set, sources, features), stop);
                    },
                    CancellationToken.None
                )
        );
        return command;
    }
}
