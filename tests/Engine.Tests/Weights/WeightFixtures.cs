using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Weights;

/// <summary>Reference files and scratch folders of the weight tests.</summary>
internal static class WeightFixtures
{
    public static string Path(params string[] parts) => RepositoryRoot.Of(["tests", "Fixtures", .. parts]);

    public static string Public(params string[] parts) => Path(["public", .. parts]);
}

/// <summary>A folder that goes with its test.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("weights-").FullName;
    }

    public string Path { get; }

    public string Of(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = Of(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
