using System.Reflection;
using System.Text.Json;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Loading;

/// <summary>docs/weights.md tells of every field of the sidecar, with an example that is one.</summary>
public sealed class WeightsDocumentTests
{
    private static readonly string Document = File.ReadAllText(RepositoryRoot.Of("docs", "weights.md"));

    [Fact]
    public void Document_EverySidecarField_HasItsRow() =>
        Assert.All(
            typeof(ModelSidecar).GetProperties(BindingFlags.Public | BindingFlags.Instance),
            property =>
                Assert.Contains(
                    $"| `{JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)}` |",
                    Document,
                    StringComparison.Ordinal
                )
        );

    [Fact]
    public void Document_ExampleOfASidecar_IsOne()
    {
        const string fence = "```json\n";
        int start = Document.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        string example = Document[start..Document.IndexOf("```", start, StringComparison.Ordinal)];
        using var folder = new TempFolder();

        string path = folder.Of(ModelSidecar.FileName);
        File.WriteAllText(path, example);

        ModelSidecar sidecar = ModelSidecar.Load(path);

        Assert.Equal("my-editor", sidecar.Name);
        Assert.Equal("Place a blue mask on the cat.", Assert.Single(Assert.Single(sidecar.Presets).Instructions));
    }
}
