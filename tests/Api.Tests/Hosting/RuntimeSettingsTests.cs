using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Hosting;

/// <summary>What the program is started with by the runtime.</summary>
public sealed class RuntimeSettingsTests
{
    [Fact]
    public void Program_PicturesOfAMegapixel_AreNoLargeObjects()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Api.runtimeconfig.json");
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(file));

        JsonElement threshold = settings
            .RootElement.GetProperty("runtimeOptions")
            .GetProperty("configProperties")
            .GetProperty("System.GC.LOHThreshold");

        Assert.True(threshold.GetInt64() > 1024 * 1024 * 3);
    }
}
