using System.Collections.Concurrent;
using System.Text.Json;
using static TorchSharp.torch;

namespace InstructDiffusion.TestSupport;

/// <summary>
/// A folder of reference data: its manifest, its tensor files, and comparison with them. Nothing here knows what the folder
/// holds, so that another set (other seeds, sizes, step counts) is checked by the same tests.
/// </summary>
public sealed class Fixture
{
    /// <summary>Environment variable that names another folder of reference data.</summary>
    public const string FolderVariable = "INSTRUCTDIFFUSION_PARITY_DIR";

    private static readonly ConcurrentQueue<Comparison> Made = new();

    private static readonly Lazy<Fixture> DefaultSet = new(() =>
        new Fixture(
            Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder
                ? folder
                : RepositoryRoot.Of("tests", "Fixtures", "public")
        )
    );

    private readonly ConcurrentDictionary<string, TensorFile> _files = new(StringComparer.Ordinal);

    /// <summary>The set in <paramref name="folder"/>, which holds a manifest.json.</summary>
    public Fixture(string folder)
    {
        Folder = System.IO.Path.GetFullPath(folder);
        string manifest = Path("manifest.json");
        if (!File.Exists(manifest))
        {
            throw new FileNotFoundException(
                $"{manifest} not found: set {FolderVariable} to a folder of reference data, or unset it"
            );
        }
        Manifest = LenientJson.Parse(File.ReadAllText(manifest)).GetProperty("files");
    }

    /// <summary>tests/Fixtures/public, or the folder that <see cref="FolderVariable"/> names.</summary>
    public static Fixture Default => DefaultSet.Value;

    /// <summary>Every comparison made so far in this process, passed or not, in order.</summary>
    public static IReadOnlyCollection<Comparison> Comparisons => Made;

    /// <summary>The set's folder.</summary>
    public string Folder { get; }

    /// <summary>The manifest's "files" object: every file's entry by name.</summary>
    public JsonElement Manifest { get; }

    /// <summary>A path inside the set; parts are joined.</summary>
    public string Path(params string[] parts) => System.IO.Path.Combine([Folder, .. parts]);

    /// <summary>What the manifest says of a file, e.g. "scheduler_ddim.safetensors".</summary>
    public JsonElement Entry(string file) =>
        Manifest.TryGetProperty(file, out JsonElement entry)
            ? entry
            : throw new KeyNotFoundException($"{Path("manifest.json")} has no file {file}");

    /// <summary>The recommended absolute tolerance of a file, or of one of its parts ("latents_final", "decoded", …).</summary>
    public double Tolerance(string file, string? part = null)
    {
        JsonElement entry = part is null ? Entry(file) : Entry(file).GetProperty(part);
        return entry.GetProperty("recommended_atol").GetDouble();
    }

    /// <summary>A safetensors file of the set, read once.</summary>
    public TensorFile Tensors(string file) => _files.GetOrAdd(file, name => new TensorFile(Path(name)));

    /// <summary>Checks that two tensors have the same shape and differ nowhere by more than <paramref name="atol"/>.</summary>
    /// <returns>The worst absolute error.</returns>
    /// <exception cref="FixtureMismatchException">They differ; says by how much and where.</exception>
    public static double AssertClose(Tensor actual, Tensor expected, double atol, string name)
    {
        using var scope = NewDisposeScope();
        if (!actual.shape.SequenceEqual(expected.shape))
        {
            Made.Enqueue(new Comparison(name, double.NaN, atol));
            throw new FixtureMismatchException(
                $"{name}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]"
            );
        }
        return AssertClose(Values(actual), Values(expected), atol, name);
    }

    /// <summary>Checks that two arrays have the same length and differ nowhere by more than <paramref name="atol"/>.</summary>
    /// <returns>The worst absolute error.</returns>
    /// <exception cref="FixtureMismatchException">They differ; says by how much and where.</exception>
    public static double AssertClose(
        ReadOnlySpan<double> actual,
        ReadOnlySpan<double> expected,
        double atol,
        string name
    )
    {
        if (actual.Length != expected.Length)
        {
            Made.Enqueue(new Comparison(name, double.NaN, atol));
            throw new FixtureMismatchException($"{name}: {actual.Length} values, expected {expected.Length}");
        }
        int worstAt = -1;
        double worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            // Equal infinities differ by NaN; anything else non-finite is an error and stays the worst one.
            double error = actual[i].Equals(expected[i]) ? 0 : Math.Abs(actual[i] - expected[i]);
            if (error > worst || (double.IsNaN(error) && !double.IsNaN(worst)))
            {
                (worst, worstAt) = (error, i);
            }
        }
        var comparison = new Comparison(name, worst, atol);
        Made.Enqueue(comparison);
        if (!comparison.Passed)
        {
            throw new FixtureMismatchException(
                $"{name}: worst error {worst:g4} > {atol:g4} at element {worstAt} of {actual.Length}: "
                    + $"{actual[worstAt]:g9}, expected {expected[worstAt]:g9}"
            );
        }
        return worst;
    }

    private static double[] Values(Tensor tensor) =>
        tensor.detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
}
