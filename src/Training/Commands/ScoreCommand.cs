using System.CommandLine;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score</c>: how good pictures and pairs are, and which pairs are kept (specification 5.2 to 5.4).</summary>
internal static class ScoreCommand
{
    /// <summary>The verb with its sub-verbs.</summary>
    public static Command Create() =>
        new("score", "Measure the quality of editing pairs, select the good ones, and look at both.")
        {
            ScoreFeaturesCommand.Create(),
            ScoreFitCommand.Create(),
            ScorePairsCommand.Create(),
            ScoreSelectCommand.Create(),
            ScoreReportCommand.Create(),
        };

    /// <summary>The CLIP that vectors come from.</summary>
    internal static Option<string> ClipOption() =>
        new("--clip")
        {
            Description = "Folder of a CLIP as transformers saves it, e.g. openai/clip-vit-large-patch14.",
            HelpName = "folder",
            Required = true,
        };

    /// <summary>Where CLIP runs.</summary>
    internal static Option<string> DeviceOption() =>
        new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };

    /// <summary>Folders of pairs.</summary>
    internal static Option<string[]> PairsOption(string description) =>
        new("--pairs")
        {
            Description = description,
            HelpName = "folder",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };

    /// <summary>The folder of scores that later verbs read.</summary>
    internal static Option<string> ScoresOption() =>
        new("--scores")
        {
            Description = "Folder that 'score pairs' has filled.",
            HelpName = "folder",
            Required = true,
        };
}
