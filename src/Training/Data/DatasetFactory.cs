using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data;

/// <summary>x</summary>
public static class DatasetFactory
{
    /// <summary>x</summary>
    public static IEditDataset Open(DataSourceRecipe source, int resolution) => throw new NotSupportedException();
}
