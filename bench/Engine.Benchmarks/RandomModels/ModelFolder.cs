using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.RandomModels;

/// <summary>
/// The model under test: a folder the user named, or a random one that is made in the temporary folder and goes with this
/// object.
/// </summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly bool _temporary;

    private ModelFolder(string path, bool temporary)
    {
        Path = path;
        _temporary = temporary;
    }

    public string Path { get; }

    /// <summary>What to call it in a report.</summary>
    public string Name => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path));

    /// <summary>Its weight files.</summary>
    public IReadOnlyList<FileInfo> WeightFiles =>
        [.. new DirectoryInfo(Path).EnumerateFiles("*.safetensors", SearchOption.AllDirectories)];

    /// <summary>The folder the user named, or a temporary fp32 model of this shape when there is none.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static ModelFolder Of(
        string? path,
        ModelShape shape,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        if (path is not null)
        {
            return Directory.Exists(path)
                ? new ModelFolder(path, temporary: false)
                : throw new DirectoryNotFoundException($"--model: no folder {path}");
        }
        string temporary = Directory.CreateTempSubdirectory($"random-{shape.Name}-").FullName;
        var folder = new ModelFolder(temporary, temporary: true);
        try
        {
            say($"no --model: making a random {shape.Name} one in {temporary}");
            RandomModelWriter.Write(temporary, shape, ScalarType.Float32, seed: 0, say, cancellationToken);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Loads it in fp32 on the CPU; the caller disposes it.</summary>
    /// <param name="plainKernels">See <see cref="ModelLoadOptions.PlainKernels"/>.</param>
    /// <param name="cancellationToken">Looked at between tensors.</param>
    public EditModel Load(bool plainKernels, CancellationToken cancellationToken) =>
        ModelLoader.Load(new ModelLoadOptions { Path = Path, PlainKernels = plainKernels }, cancellationToken);

    public void Dispose()
    {
        if (_temporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
