using System.CommandLine;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align</c>: from a trained model and people's taste to pairs that it is fine-tuned on (specification 3.3).</summary>
internal static class AlignCommand
{
    public static Command Create() =>
        new("align", "Human alignment: make candidates, pick the good ones, train on them.")
        {
            AlignCandidatesCommand.Create(),
            AlignPickCommand.Create(),
            AlignAutoPickCommand.Create(),
            AlignExportCommand.Create(),
            TrainCommand.Align(),
            AlignStatusCommand.Create(),
        };

    /// <summary>The folder of candidates that all but the first verb work in.</summary>
    internal static Option<string> DirectoryOption() =>
        new("--dir", "-d")
        {
            Description = "Folder of candidates, made by 'align candidates'.",
            HelpName = "folder",
            Required = true,
        };

    /// <summary>How many of an item's candidates may be chosen.</summary>
    internal static Option<int> LimitOption()
    {
        var limit = new Option<int>("--limit")
        {
            Description = "Most pictures chosen of an item. The paper has 0 to 2.",
            HelpName = "count",
            DefaultValueFactory = static _ => 3,
        };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > CandidateGrid.MaxCount)
            {
                result.AddError($"--limit must be between 1 and {CandidateGrid.MaxCount}");
            }
        });
        return limit;
    }
}
