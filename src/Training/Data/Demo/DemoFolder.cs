using System.Collections.Concurrent;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// A built folder of demo data: its lists at once, its pictures when first asked for. Any number of threads may share one.
/// </summary>
public sealed class DemoFolder
{
    internal const string ObjectsFolder = "objects";
    internal const string PhotographsFolder = "photographs";
    internal const string TemplatesFolder = "templates";
    internal const string ObjectsList = "objects.json";
    internal const string PhotographsList = "photographs.json";

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, Lazy<GlyphPixels>> _glyphs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<PhotographPyramid>> _photographs = new(StringComparer.Ordinal);

    private DemoFolder(string folder, DemoManifest manifest)
    {
        _folder = folder;
        Manifest = manifest;
        Nouns = JsonFiles.Read<IReadOnlyList<DemoNoun>>(Path.Combine(folder, ObjectsFolder, ObjectsList));
        Photographs = JsonFiles.Read<IReadOnlyList<DemoPhotograph>>(
            Path.Combine(folder, PhotographsFolder, PhotographsList)
        );
        foreach (DemoNoun noun in Nouns)
        {
            if (noun.Glyphs.Count == 0 || noun.Glyphs[0].HeldOut || noun.Glyphs.Any(glyph => glyph.Width < 1))
            {
                throw new InvalidDataException($"{folder}: objects.json: '{noun.Noun}' has no usable first picture");
            }
        }
    }

    /// <summary>What the folder says of itself.</summary>
    public DemoManifest Manifest { get; }

    /// <summary>Words and their cut-outs.</summary>
    public IReadOnlyList<DemoNoun> Nouns { get; }

    /// <summary>Photographs, trained on and held out.</summary>
    public IReadOnlyList<DemoPhotograph> Photographs { get; }

    /// <summary>Opens a folder that <c>data demo</c> built.</summary>
    /// <exception cref="InvalidDataException">It is none, or of another version.</exception>
    public static DemoFolder Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        DemoManifest manifest = JsonFiles.Read<DemoManifest>(Path.Combine(folder, DemoManifest.FileName));
        if (manifest.Version != DemoManifest.CurrentVersion)
        {
            throw new InvalidDataException(
                $"{folder}: demo data of version {manifest.Version}, expected {DemoManifest.CurrentVersion}"
            );
        }
        return new DemoFolder(folder, manifest);
    }

    /// <summary>The phrasings of a task, from the folder's <c>templates/</c>.</summary>
    /// <exception cref="InvalidDataException">They are missing or malformed.</exception>
    internal InstructionTemplates Templates(string task, IReadOnlyCollection<string> placeholders) =>
        InstructionTemplates.Load(Path.Combine(_folder, TemplatesFolder, $"{task}.json"), placeholders);

    /// <summary>A cut-out's pixels.</summary>
    /// <exception cref="BrokenSampleException">Its file cannot be read.</exception>
    internal GlyphPixels Pixels(DemoGlyph glyph) =>
        _glyphs.GetOrAdd(glyph.File, file => new(() => GlyphPixels.Of(Decode(ObjectsFolder, file), glyph, file))).Value;

    /// <summary>A photograph's pixels.</summary>
    /// <exception cref="BrokenSampleException">Its file cannot be read.</exception>
    internal PhotographPyramid Pixels(DemoPhotograph photograph) =>
        _photographs
            .GetOrAdd(
                photograph.File,
                file => new(() => PhotographPyramid.Of(Decode(PhotographsFolder, file).Image, photograph))
            )
            .Value;

    private DecodedImage Decode(string kind, string file)
    {
        string path = Path.Combine(_folder, kind, file);
        try
        {
            return ImageCodec.Decode(File.ReadAllBytes(path), ImageDecodeLimits.Default);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ImageFormatException)
        {
            throw new BrokenSampleException($"{path}: {error.Message}", error);
        }
    }
}
