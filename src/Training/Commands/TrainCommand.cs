using System.CommandLine;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Export;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Commands;

/// <summary>The verbs that train: one a stage, alike but for the stage they accept.</summary>
internal static class TrainCommand
{
    private const int Stopped = 130;

    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    public static Command Autoencoder() =>
        Create("autoencoder", TrainingStage.Autoencoder, "Trains a variational autoencoder.");

    public static Command Adapt() =>
        Create("adapt", TrainingStage.Adaptation, "Trains text to image on pictures with marks and overlays.");

    public static Command Task() =>
        Create("task", TrainingStage.Task, "Trains editing by instruction on a mixture of tasks.");

    public static Command Align() =>
        Create("train", TrainingStage.Alignment, "Fine-tunes a model on edits that were picked.");

    private static Command Create(string verb, TrainingStage stage, string description)
    {
        var recipe = new RecipeOptions();
        var run = new Option<string>("--out")
        {
            Description = "The run's folder. A run that is there goes on from its newest checkpoint.",
            Required = true,
        };
        var accept = new Option<bool>("--accept-changes")
        {
            Description = "Go on with a recipe that is not the one the run was started with.",
        };
        var command = new Command(verb, description) { run, accept };
        recipe.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                System.Threading.Tasks.Task.Run(
                    () =>
                        Train(
                            recipe.Load(parse),
                            stage,
                            new RunFolder(parse.GetRequiredValue(run)),
                            parse.GetValue(accept),
                            stop
                        ),
                    CancellationToken.None
                )
        );
        return command;
    }

    private static int Train(
        TrainingRecipe recipe,
        TrainingStage stage,
        RunFolder folder,
        bool acceptChanges,
        CancellationToken stop
    )
    {
        if (recipe.Stage != stage)
        {
            throw new RecipeException($"stage: this verb trains {stage}, the recipe {recipe.Stage}");
        }
        ProgressLine line = ProgressLine.OfProcess(_plainInterval);
        line.Say(RecipeFile.Print(recipe));
        IEditDataset Open(DataSourceRecipe source, int resolution) => DatasetFactory.Open(source, resolution, line.Say);
        if (!new TrainingRun(recipe, folder, line, line.Say, Open).Run(acceptChanges, stop))
        {
            line.Say("stopped; the same command goes on");
            return Stopped;
        }
        string model = Path.Combine(folder.Root, "model");
        long step = RunExport.Write(folder, model, step: null, averaged: true, stop);
        line.Say($"the averaged weights of step {step} are in {model}");
        return 0;
    }
}
