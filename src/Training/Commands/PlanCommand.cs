using System.CommandLine;
using InstructDiffusion.Engine.Native;
using InstructDiffusion.Training.Planning;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>plan</c>: what a recipe takes, before it runs.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var recipe = new RecipeOptions();
        var rate = new Option<double?>("--gflops")
        {
            Description =
                "Arithmetic of the machine that will train, GFLOP/s in large matrix products; this one's is measured when not given.",
        };
        rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (null or > 0))
            {
                result.AddError("--gflops: must be above 0");
            }
        });
        var command = new Command("plan", "Shows parameters, memory and time of a recipe.") { rate };
        recipe.AddTo(command);
        command.SetAction(parse =>
        {
            TrainingRecipe loaded = recipe.Load(parse);
            Libtorch.Load();
            double gigaFlops = parse.GetValue(rate) ?? MachineRate.MeasureGigaFlopsPerSecond();
            PlanInputs inputs = RecipePlan.Of(loaded, WorkerCount.Of(loaded)) with { GigaFlopsPerSecond = gigaFlops };
            TextWriter console = parse.InvocationConfiguration.Output;
            console.Write(TrainingPlanner.Plan(inputs));
            console.WriteLine(
                $"at {inputs.Utilization:0.0} of {gigaFlops:0} GFLOP/s; activations are estimated, program and data come on top"
            );
        });
        return command;
    }
}
