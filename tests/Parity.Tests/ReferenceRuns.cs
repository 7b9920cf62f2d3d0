using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Parity.Tests;

/// <summary>What the comparisons of recorded runs share.</summary>
internal static class ReferenceRuns
{
    private const string Extension = ".safetensors";

    /// <summary>The runs that the manifest lists in a folder, which ends with a slash.</summary>
    public static IEnumerable<string> In(string folder) =>
        Fixture
            .Default.Manifest.EnumerateObject()
            .Select(file => file.Name)
            .Where(name =>
                name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal)
            )
            .Select(name => name[folder.Length..^Extension.Length]);

    /// <summary>A picture's bytes as values to compare.</summary>
    public static double[] Levels(RgbImage image) => [.. image.Pixels.ToArray().Select(level => (double)level)];
}
