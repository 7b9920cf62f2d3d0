using System.CommandLine;

namespace InstructDiffusion.Training.Commands;

/// <summary>Bounds of numbers on the command line.</summary>
internal static class DataOptions
{
    /// <summary>Refuses smaller numbers, with the option's name.</summary>
    public static void RequireAtLeast(int least, params IEnumerable<Option<int>> options)
    {
        foreach (Option<int> option in options)
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < least)
                {
                    result.AddError($"{option.Name}: must be at least {least}");
                }
            });
        }
    }
}
