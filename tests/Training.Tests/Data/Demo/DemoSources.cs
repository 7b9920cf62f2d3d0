using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

/// <summary>Packages as the build expects them, made by rule, in a folder that goes with the object.</summary>
internal sealed class DemoSources : IDisposable
{
    public const int GlyphSide = 64;

    private readonly TempFolder _folder = new();

    public DemoSources()
    {
        foreach (
            (string file, byte red, byte green, byte blue) in (ReadOnlySpan<(string, byte, byte, byte)>)
                [
                    ("red-disc.png", 220, 40, 40),
                    ("blue-disc.png", 40, 60, 220),
                    ("green-disc.png", 40, 180, 60),
                    ("box.png", 240, 200, 40),
                    ("crate.png", 120, 200, 240),
                    ("dark-crate.png", 60, 90, 200),
                    ("owl.png", 150, 90, 40),
                ]
        )
        {
            bool isRound = file.Contains("disc", StringComparison.Ordinal);
            Write($"sources/emoji-datasource-google/img/google/64/{file}", Glyph(red, green, blue, isRound));
        }
        foreach (int seed in (int[])[1, 2, 3])
        {
            RgbImage photo = TestImages.Photo(500, 420, seed);
            Write($"sources/pictures/{seed}.png", ImageCodec.Encode(photo, ImageFileFormat.Png));
        }
        byte[] inner = ImageCodec.Encode(TestImages.Photo(200, 160, 4), ImageFileFormat.Webp);
        Write("sources/archive/pictures.rcc", QtResourceBytes.With("deep/inner.webp", inner));
    }

    public string Root => _folder.Path;

    public string Sources => Path.Combine(Root, "sources");

    public string Output => Path.Combine(Root, "out");

    public static IReadOnlyList<DemoNoun> Nouns { get; } =
    [
        new()
        {
            Noun = "disc",
            Glyphs =
            [
                new()
                {
                    Name = "red disc",
                    File = "red-disc.png",
                    Color = "red",
                },
                new()
                {
                    Name = "blue disc",
                    File = "blue-disc.png",
                    Color = "blue",
                },
                new()
                {
                    Name = "green disc",
                    File = "green-disc.png",
                    Color = "green",
                    HeldOut = true,
                },
            ],
        },
        new() { Noun = "box", Glyphs = [new() { Name = "box", File = "box.png" }] },
        new()
        {
            Noun = "crate",
            Glyphs =
            [
                new() { Name = "crate", File = "crate.png" },
                new()
                {
                    Name = "dark crate",
                    File = "dark-crate.png",
                    HeldOut = true,
                },
            ],
        },
        new()
        {
            Noun = "owl",
            Flip = false,
            Glyphs = [new() { Name = "owl", File = "owl.png" }],
        },
    ];

    public static IReadOnlyList<DemoPhotograph> Photographs { get; } =
    [
        Photograph("first", "pictures", "1.png") with
        {
            Contains = ["owl"],
        },
        Photograph("second", "pictures", "2.png"),
        Photograph("third", "pictures", "3.png") with
        {
            HeldOut = true,
        },
        Photograph("inner", "archive", "pictures.rcc") with
        {
            Entry = "deep/inner.webp",
        },
    ];

    public DemoDataBuild Build(string? output = null) => new(Sources, output ?? Output, Nouns, Photographs);

    /// <summary>The folder, built.</summary>
    public DemoFolder Open()
    {
        Build().Run(null, CancellationToken.None);
        return DemoFolder.Open(Output);
    }

    public void Dispose() => _folder.Dispose();

    private static DemoPhotograph Photograph(string name, string package, string path) =>
        new()
        {
            Name = name,
            Package = package,
            Path = path,
            Author = "nobody",
            Licence = "CC0",
        };

    /// <summary>A disc, or a box twice as wide as high, with a transparent margin whose hidden colour is magenta.</summary>
    private static byte[] Glyph(byte red, byte green, byte blue, bool isRound)
    {
        var pixels = new byte[GlyphSide * GlyphSide * 3];
        var alpha = new byte[GlyphSide * GlyphSide];
        for (int i = 0; i < alpha.Length; i++)
        {
            double x = i % GlyphSide + 0.5 - GlyphSide / 2.0;
            double y = (double)(i / GlyphSide) + 0.5 - GlyphSide / 2.0;
            bool isInside = isRound ? x * x + y * y <= 28 * 28 : Math.Abs(x) <= 28 && Math.Abs(y) <= 14;
            alpha[i] = isInside ? (byte)255 : (byte)0;
            (pixels[i * 3], pixels[i * 3 + 1], pixels[i * 3 + 2]) = isInside
                ? (red, green, blue)
                : ((byte)255, (byte)0, (byte)255);
        }
        return ImageCodec.Encode(new RgbImage(GlyphSide, GlyphSide, pixels), ImageFileFormat.Png, alpha: alpha);
    }

    private void Write(string path, byte[] bytes)
    {
        string file = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
    }
}
