using System.CommandLine;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Checking;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data preview</c>: pairs of a data set as training would see them.</summary>
internal static class DataPreviewCommand
{
    private const int DemoResolution = 64;
    private const int Resolution = 256;

    public static Command Create()
    {
        var source = new DataSourceOptions();
        var output = new Option<string>("--out") { Description = "PNG file to write.", Required = true };
        var task = new Option<string?>("--task")
        {
            Description = "Of the demo's data, only this task; 'caption' for the first stage's.",
        };
        var count = new Option<int>("--count") { Description = "Pairs.", DefaultValueFactory = _ => 24 };
        var resolution = new Option<int?>("--resolution")
        {
            Description = $"Side, pixels: {Resolution}, of the demo's data {DemoResolution}, when not given.",
        };
        var seed = new Option<long>("--seed")
        {
            Description = "Of the choice of pairs, crops and words.",
            DefaultValueFactory = _ => 1,
        };
        DataOptions.RequireAtLeast(1, count);
        var command = new Command("preview", "Draw a sheet of pairs with their instructions.")
        {
            output,
            task,
            count,
            resolution,
            seed,
        };
        source.AddTo(command);
        command.SetAction(parse =>
        {
            DataSourceRecipe chosen = OfTask(source.Source(parse), parse.GetValue(task)) with
            {
                Seed = parse.GetValue(seed),
            };
            bool isDemo = chosen.Kind is DataSourceKind.Demo or DataSourceKind.DemoCaptions;
            int side = parse.GetValue(resolution) ?? (isDemo ? DemoResolution : Resolution);
            TextWriter console = parse.InvocationConfiguration.Output;
            IEditDataset dataset = DatasetFactory.Open(chosen, side, console.WriteLine);
            byte[] sheet = DatasetPreview.Draw(dataset, side, parse.GetValue(count), parse.GetValue(seed));
            File.WriteAllBytes(parse.GetRequiredValue(output), sheet);
            return 0;
        });
        return command;
    }

    private static DataSourceRecipe OfTask(DataSourceRecipe source, string? task) =>
        task switch
        {
            null => source,
            DemoCaptionDataset.Task => source with { Kind = DataSourceKind.DemoCaptions },
            _ => source with { Tasks = new Dictionary<string, double>(StringComparer.Ordinal) { [task] = 1 } },
        };
}
