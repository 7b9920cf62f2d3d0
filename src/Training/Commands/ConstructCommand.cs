using System.CommandLine;
using InstructDiffusion.Training.Construction.Demo;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct</c>: makes pairs of the kinds that Image Editing in the Wild has (specification 5).</summary>
internal static class ConstructCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Create() =>
        new(
            "construct",
            "Make editing pairs from pictures: removal, addition, replacement; every stage goes on where it was."
        )
        {
            Demo(),
            ConstructRegionsCommand.Annotated(),
            ConstructRegionsCommand.Segmented(),
            ConstructRemovalCommand.Create(),
            ConstructFeaturesCommand.Create(),
            ConstructReplacementCommand.Create(),
            ConstructWebCommand.Create(),
            Status(),
            Sheet(),
        };

    private static Command Demo()
    {
        var data = new Option<string>("--data") { Description = "A folder that 'data demo' built.", Required = true };
        var output = new Option<string>("--out", "-o") { Description = "Folder to write.", Required = true };
        var count = new Option<int>("--count") { Description = "Scenes.", DefaultValueFactory = _ => 100 };
        var side = new Option<int>("--side")
        {
            Description = "Of the pictures, pixels.",
            DefaultValueFactory = _ => 256,
        };
        var seed = new Option<long>("--seed") { Description = "Of the scenes.", DefaultValueFactory = _ => 1 };
        DataOptions.RequireAtLeast(1, count);
        DataOptions.RequireAtLeast(32, side);
        var command = new Command(
            "demo",
            "Write scenes of the demo data as annotated pictures, to try the stages with."
        )
        {
            data,
            output,
            count,
            side,
            seed,
        };
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        var annotations = new DemoAnnotations(
                            DemoFolder.Open(parse.GetRequiredValue(data)),
                            parse.GetValue(side),
                            parse.GetValue(seed)
                        );
                        int scenes = parse.GetValue(count);
                        var progress = new WorkProgress(
                            ProgressLine.OfProcess(_plainInterval),
                            "scenes",
                            "scenes",
                            scenes,
                            TimeProvider.System
                        );
                        int regions = annotations.Write(
                            parse.GetRequiredValue(output),
                            scenes,
                            () => progress.Advance(),
                            stop
                        );
                        progress.Complete();
                        parse.InvocationConfiguration.Output.WriteLine($"{scenes} scenes, {regions} regions");
                        return 0;
                    },
                    CancellationToken.None
                )
        );
        return command;
    }

    private static Command Status()
    {
        Argument<string> folder = FolderArgument();
        var command = new Command("status", "Count what the shards of a stage hold, and what was rejected and why.")
        {
            folder,
        };
        command.SetAction(parse =>
            parse.InvocationConfiguration.Output.Write(StageSummary.Of(parse.GetRequiredValue(folder)))
        );
        return command;
    }

    private static Command Sheet()
    {
        Argument<string> folder = FolderArgument();
        var output = new Option<string>("--out", "-o") { Description = "PNG file to write.", Required = true };
        var kind = new Option<string?>("--kind") { Description = "Only pairs of this kind." };
        var count = new Option<int>("--count") { Description = "Pairs.", DefaultValueFactory = _ => 24 };
        var side = new Option<int>("--side")
        {
            Description = "Of the sheet's pictures, pixels.",
            DefaultValueFactory = _ => 160,
        };
        kind.AcceptOnlyFromAmong(PairKinds.Removal, PairKinds.Addition, PairKinds.Replacement, PairKinds.Web);
        DataOptions.RequireAtLeast(1, count, side);
        var command = new Command("sheet", "Draw pairs of a stage: before, mask, after, instruction.")
        {
            folder,
            output,
            kind,
            count,
            side,
        };
        command.SetAction(parse =>
        {
            ShardSet set = ShardSet.Open(parse.GetRequiredValue(folder));
            byte[] sheet = ShardSheet.Draw(set, parse.GetValue(kind), parse.GetValue(count), parse.GetValue(side));
            File.WriteAllBytes(parse.GetRequiredValue(output), sheet);
        });
        return command;
    }

    private static Argument<string> FolderArgument() => new("folder") { Description = "Folder of a stage." };
}
