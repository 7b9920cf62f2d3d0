using System.CommandLine;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary>The options by which verbs are given a recipe.</summary>
internal sealed class RecipeOptions
{
    private readonly Option<string> _recipe = new("--recipe")
    {
        Description = "The recipe, a JSON file.",
        Required = true,
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Changes a value of the recipe, e.g. --set optimization.batch_size=32.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_recipe);
        command.Options.Add(_set);
    }

    /// <exception cref="RecipeException">The recipe cannot be trained.</exception>
    public TrainingRecipe Load(ParseResult parse) =>
        RecipeFile.Load(parse.GetRequiredValue(_recipe), parse.GetRequiredValue(_set));
}
