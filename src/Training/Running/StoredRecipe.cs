using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Running;

/// <summary>The recipe kept with a run: what it was started with is what it goes on with.</summary>
internal static class StoredRecipe
{
    /// <summary>Stores the recipe of a new run, or compares it with that of one that goes on.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="recipe">Of this start.</param>
    /// <param name="started">Whether the run has checkpoints.</param>
    /// <param name="acceptChanges">Replace the stored recipe by another.</param>
    /// <exception cref="RecipeException">They differ in what decides the weights.</exception>
    public static void Agree(RunFolder folder, TrainingRecipe recipe, bool started, bool acceptChanges)
    {
        if (started && !acceptChanges && File.Exists(folder.Recipe))
        {
            string before = Decisive(RecipeFile.Load(folder.Recipe));
            string now = Decisive(recipe);
            if (!string.Equals(before, now, StringComparison.Ordinal))
            {
                throw new RecipeException(
                    $"{folder.Root}: the run was started with another recipe ({Differences(before, now)}). "
                        + "Give it another folder, or accept the change with --accept-changes."
                );
            }
        }
        File.WriteAllText(folder.Recipe, RecipeFile.Print(recipe) + "\n");
    }

    // Neither what happens beside the training nor who does the work changes the samples that are seen.
    private static string Decisive(TrainingRecipe recipe) =>
        RecipeFile.Print(
            recipe with
            {
                Run = new RunRecipe(),
                Optimization = recipe.Optimization with { Workers = 0 },
                Data = recipe.Data with { LoaderThreads = 1, BatchesAhead = 1, Validation = null },
            }
        );

    private static string Differences(string before, string now)
    {
        string[] old = before.Split('\n');
        string[] changed = now.Split('\n');
        IEnumerable<string> differences = changed
            .Except(old, StringComparer.Ordinal)
            .Select(line => $"now {line.Trim().TrimEnd(',')}")
            .Concat(old.Except(changed, StringComparer.Ordinal).Select(line => $"before {line.Trim().TrimEnd(',')}"));
        return string.Join("; ", differences);
    }
}
