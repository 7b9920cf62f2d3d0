using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Running;

/// <summary>How many workers a recipe has where it leaves that to the machine.</summary>
internal static class WorkerCount
{
    /// <summary>One a core on the CPU, as far as there are parts of a batch for them; one on a GPU.</summary>
    public static int Of(TrainingRecipe recipe)
    {
        if (recipe.Optimization.Workers > 0)
        {
            return recipe.Optimization.Workers;
        }
        int parts = recipe.Optimization.BatchSize / recipe.Optimization.MicroBatchSize;
        bool isCpu = recipe.Run.Device.StartsWith("cpu", StringComparison.OrdinalIgnoreCase);
        return isCpu ? Math.Min(Environment.ProcessorCount, parts) : 1;
    }
}
