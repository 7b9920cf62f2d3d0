namespace InstructDiffusion.Training.Recipes;

/// <summary>A recipe that cannot be trained; the message names the fields.</summary>
public sealed class RecipeException(string message, Exception? inner = null) : Exception(message, inner);
