using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// Builds the folder of demo data from unpacked packages: the pictures of two curated lists, nothing else. The same packages give the
/// same bytes. A build that was broken off goes on where it stopped: files appear whole or not at all.
/// </summary>
public sealed class DemoDataBuild
{
    private const string ObjectPackage = "emoji-datasource-google";
    private const string ObjectPath = "img/google/64";

    /// <summary>Shorter side of a photograph, pixels: crops of a sixth of it still fill a scene of 64.</summary>
    private const int ShorterSide = 384;

    private const int PhotographQuality = 95;

    private static readonly ImageDecodeLimits Limits = new() { MaxBytes = 64_000_000 };

    private readonly string _sources;
    private readonly string _output;
    private readonly IReadOnlyList<DemoNoun> _nouns;
    private readonly IReadOnlyList<DemoPhotograph> _photographs;

    /// <summary>A build with the program's own lists.</summary>
    /// <param name="sources">Folder of unpacked packages, one folder each, as <c>eng/demo-sources</c> leaves it.</param>
    /// <param name="output">Where to build; made when missing.</param>
    public DemoDataBuild(string sources, string output)
        : this(
            sources,
            output,
            JsonFiles.Parse<IReadOnlyList<DemoNoun>>(Embedded("demo/lists/objects.json"), "objects.json"),
            JsonFiles.Parse<IReadOnlyList<DemoPhotograph>>(Embedded("demo/lists/photographs.json"), "photographs.json")
        ) { }

    internal DemoDataBuild(
        string sources,
        string output,
        IReadOnlyList<DemoNoun> nouns,
        IReadOnlyList<DemoPhotograph> photographs
    )
    {
        _sources = sources;
        _output = output;
        _nouns = nouns;
        _photographs = photographs;
    }

    /// <summary>Builds everything that is not there yet.</summary>
    /// <param name="progress">Told after each picture.</param>
    /// <param name="cancellationToken">Stops between two pictures.</param>
    /// <exception cref="InvalidDataException">A package lacks a picture, or holds another than expected.</exception>
    public DemoManifest Run(IProgress<DemoBuildProgress>? progress, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        int total = _nouns.Sum(noun => noun.Glyphs.Count) + _photographs.Count;
        int done = 0;
        void Report(string file)
        {
            progress?.Report(new DemoBuildProgress(++done, total, file));
            cancellationToken.ThrowIfCancellationRequested();
        }

        var nouns = new List<DemoNoun>();
        foreach (DemoNoun noun in _nouns)
        {
            var glyphs = new List<DemoGlyph>();
            foreach (DemoGlyph glyph in noun.Glyphs)
            {
                glyphs.Add(BuildGlyph(glyph, files));
                Report(glyph.File);
            }
            nouns.Add(noun with { Glyphs = glyphs });
        }
        var photographs = new List<DemoPhotograph>();
        foreach (DemoPhotograph photograph in _photographs)
        {
            photographs.Add(BuildPhotograph(photograph, files));
            Report(photograph.Name);
        }
        WriteList(Path.Combine(DemoFolder.ObjectsFolder, DemoFolder.ObjectsList), nouns, files);
        WriteList(Path.Combine(DemoFolder.PhotographsFolder, DemoFolder.PhotographsList), photographs, files);
        foreach (string task in DemoTask.DefaultWeights.Keys.Append(DemoCaptionDataset.Task))
        {
            WriteTemplates(task);
        }
        var manifest = new DemoManifest
        {
            Version = DemoManifest.CurrentVersion,
            Nouns = nouns.Count,
            Glyphs = nouns.Sum(noun => noun.Glyphs.Count),
            Photographs = photographs.Count,
            Files = files,
            Fingerprint = DemoManifest.FingerprintOf(files),
        };
        Write(DemoManifest.FileName, JsonSerializer.SerializeToUtf8Bytes(manifest, JsonFiles.Strict));
        return manifest;
    }

    private DemoGlyph BuildGlyph(DemoGlyph glyph, SortedDictionary<string, string> files)
    {
        byte[] bytes = ReadSource(Path.Combine(_sources, ObjectPackage, ObjectPath, glyph.File));
        DemoGlyph measured = GlyphMeasure.Of(glyph, Decode(bytes, glyph.File));
        WriteOnce(Path.Combine(DemoFolder.ObjectsFolder, glyph.File), () => bytes, files);
        return measured;
    }

    private DemoPhotograph BuildPhotograph(DemoPhotograph photograph, SortedDictionary<string, string> files)
    {
        string file = $"{photograph.Name}.jpg";
        byte[] bytes = WriteOnce(
            Path.Combine(DemoFolder.PhotographsFolder, file),
            () =>
            {
                string path = Path.Combine(_sources, photograph.Package, photograph.Path);
                byte[] packed = photograph.Entry is { } entry ? QtResourceFile.Read(path, entry) : ReadSource(path);
                return ImageCodec.Encode(Shrink(Decode(packed, path).Image), ImageFileFormat.Jpeg, PhotographQuality);
            },
            files
        );
        RgbImage image = Decode(bytes, file).Image;
        return photograph with
        {
            File = file,
            Width = image.Width,
            Height = image.Height,
            Tones = GlyphMeasure.TonesOf(image),
        };
    }

    private static RgbImage Shrink(RgbImage image)
    {
        double scale = (double)ShorterSide / Math.Min(image.Width, image.Height);
        return scale >= 1
            ? image
            : ImageResizer.Resize(
                image,
                new ImageSize((int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale)),
                ResizeFilter.Lanczos3
            );
    }

    private static DecodedImage Decode(byte[] bytes, string name)
    {
        try
        {
            return ImageCodec.Decode(bytes, Limits);
        }
        catch (ImageFormatException error)
        {
            throw new InvalidDataException($"{name}: {error.Message}", error);
        }
    }

    private static byte[] ReadSource(string path) =>
        File.Exists(path)
            ? File.ReadAllBytes(path)
            : throw new InvalidDataException($"{path}: not found; eng/demo-sources fetches the packages");

    private void WriteList<T>(string path, T list, SortedDictionary<string, string> files)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(list, JsonFiles.Strict);
        Write(path, bytes);
        files[path.Replace('\\', '/')] = Sum(bytes);
    }

    /// <summary>Phrasings that a user has edited stay.</summary>
    private void WriteTemplates(string task)
    {
        string path = Path.Combine(DemoFolder.TemplatesFolder, $"{task}.json");
        if (!File.Exists(Path.Combine(_output, path)))
        {
            Write(path, Embedded($"demo/templates/{task}.json"));
        }
    }

    private byte[] WriteOnce(string path, Func<byte[]> make, SortedDictionary<string, string> files)
    {
        string target = Path.Combine(_output, path);
        byte[] bytes;
        if (File.Exists(target))
        {
            bytes = File.ReadAllBytes(target);
        }
        else
        {
            bytes = make();
            Write(path, bytes);
        }
        files[path.Replace('\\', '/')] = Sum(bytes);
        return bytes;
    }

    private void Write(string path, byte[] bytes)
    {
        string target = Path.Combine(_output, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string partial = $"{target}.partial";
        File.WriteAllBytes(partial, bytes);
        File.Move(partial, target, overwrite: true);
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Embedded(string name)
    {
        using Stream stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program lacks its resource {name}.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
