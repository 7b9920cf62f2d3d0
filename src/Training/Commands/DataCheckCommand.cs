using System.CommandLine;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Checking;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data check</c>: what is wrong with a data set, before it is trained on.</summary>
internal static class DataCheckCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var source = new DataSourceOptions();
        var recipe = new Option<string?>("--recipe")
        {
            Description = "Check every data set of this recipe instead of one.",
        };
        var sheet = new Option<string?>("--sheet")
        {
            Description = "PNG file for a sheet of pairs; of a recipe's sets, one each: NAME-1.png, …",
        };
        var count = new Option<int>("--count") { Description = "Pairs on it.", DefaultValueFactory = _ => 24 };
        var limit = new Option<long?>("--limit") { Description = "Pairs to read, evenly spread; all when not given." };
        var resolution = new Option<int>("--resolution")
        {
            Description = "Side of the samples, pixels.",
            DefaultValueFactory = _ => 256,
        };
        var threads = new Option<int>("--threads") { Description = "That read.", DefaultValueFactory = _ => 2 };
        var seed = new Option<long>("--seed") { Description = "Of crops and words.", DefaultValueFactory = _ => 1 };
        DataOptions.RequireAtLeast(1, count, resolution, threads);
        var command = new Command("check", "Find what is wrong with a data set: counts, broken files, sizes.")
        {
            recipe,
            sheet,
            count,
            limit,
            resolution,
            threads,
            seed,
        };
        source.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        IReadOnlyList<DataSourceRecipe> sources = parse.GetValue(recipe) is { } file
                            ? RecipeFile.Load(file).Data.Sources
                            : [source.Source(parse)];
                        var check = new DatasetCheck(
                            parse.GetValue(resolution),
                            parse.GetValue(limit),
                            parse.GetValue(threads),
                            parse.GetValue(seed)
                        );
                        TextWriter console = parse.InvocationConfiguration.Output;
                        bool isSound = true;
                        for (int i = 0; i < sources.Count; i++)
                        {
                            string? picture = SheetOf(parse.GetValue(sheet), i, sources.Count);
                            var plan = new SheetPlan(
                                picture,
                                parse.GetValue(resolution),
                                parse.GetValue(count),
                                parse.GetValue(seed)
                            );
                            isSound &= Check(sources[i], check, plan, console, stop);
                        }
                        return isSound ? 0 : 1;
                    },
                    CancellationToken.None
                )
        );
        return command;
    }

    private static bool Check(
        DataSourceRecipe source,
        DatasetCheck check,
        SheetPlan sheet,
        TextWriter console,
        CancellationToken stop
    )
    {
        try
        {
            if (source.Kind is DataSourceKind.Demo or DataSourceKind.DemoCaptions)
            {
                return CheckDemo(source, console);
            }
            ProgressLine line = ProgressLine.OfProcess(_plainInterval);
            CheckReport report = check.Run(source, line, sheet.Draw, stop);
            console.Write(report);
            return report.IsSound;
        }
        catch (Exception error) when (error is DatasetException or InvalidDataException or AlignmentException)
        {
            // The other sets of a recipe are looked at all the same.
            string name = DataSourceKinds.NameOf(source.Kind);
            console.WriteLine($"{name} {source.Path}: CANNOT BE OPENED: {error.Message}");
            return false;
        }
    }

    // A folder of demo data has a manifest; its pairs have no number.
    private static bool CheckDemo(DataSourceRecipe source, TextWriter console)
    {
        IReadOnlyList<string> faults = DemoDataCheck.FaultsOf(source.Path);
        foreach (string fault in faults)
        {
            console.WriteLine(fault);
        }
        console.WriteLine(faults.Count == 0 ? "Everything is as the manifest says." : $"{faults.Count} faults.");
        return faults.Count == 0;
    }

    private static string? SheetOf(string? path, int number, int of) =>
        path is null || of == 1
            ? path
            : Path.Combine(
                Path.GetDirectoryName(path) ?? "",
                $"{Path.GetFileNameWithoutExtension(path)}-{number + 1}{Path.GetExtension(path)}"
            );

    private sealed record SheetPlan(string? Path, int Resolution, int Count, long Seed)
    {
        public void Draw(IEditDataset dataset)
        {
            if (Path is not null)
            {
                File.WriteAllBytes(Path, DatasetPreview.Draw(dataset, Resolution, Count, Seed));
            }
        }
    }
}
