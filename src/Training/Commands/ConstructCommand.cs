using System.CommandLine;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct</c>: makes pairs of the kinds that Image Editing in the Wild has (specification 5).</summary>
internal static class ConstructCommand
{
    public static Command Create() =>
        new(
            "construct",
            "Make editing pairs from pictures: removal, addition, replacement; every stage goes on where it was."
        )
        {
            Status(),
        };

    private static Command Status()
    {
        var folder = new Argument<string>("folder") { Description = "Folder of a stage." };
        var command = new Command("status", "Count what the shards of a stage hold, and what was rejected and why.")
        {
            folder,
        };
        command.SetAction(parse =>
            parse.InvocationConfiguration.Output.Write(StageSummary.Of(parse.GetRequiredValue(folder)))
        );
        return command;
    }
}
