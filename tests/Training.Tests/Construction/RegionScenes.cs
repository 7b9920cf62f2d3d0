using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Removal;
using InstructDiffusion.Training.Construction.Replacement;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Tests.Construction.Shards;

namespace InstructDiffusion.Training.Tests.Construction;

/// <summary>Annotated pictures in a folder that goes with the test: a plain square on a photograph each.</summary>
internal sealed class RegionScenes : IDisposable
{
    public const int Width = 48;
    public const int Height = 40;

    private static readonly (string Name, byte Red, byte Green, byte Blue)[] _things =
    [
        ("red box", 230, 20, 20),
        ("blue lamp", 20, 40, 230),
        ("old wheels", 20, 200, 40),
        ("owl", 240, 220, 20),
    ];

    private readonly List<object> _tasks = [];

    public ShardWorkshop Workshop { get; } = new();

    public string PicturesFolder => Workshop.Of("pictures");

    public SourcePictures Pictures => new(PicturesFolder, "CC0");

    /// <summary>Where the thing of a picture is.</summary>
    public static (int X, int Y, int Side) Place(int picture) => (6 + picture % 5 * 4, 5 + picture % 3 * 6, 14);

    /// <summary>A picture and its annotation.</summary>
    public void Add(int picture, string? phrase = null)
    {
        (string name, byte red, byte green, byte blue) = _things[picture % _things.Length];
        (int x, int y, int side) = Place(picture);
        byte[] pixels = TestImages.Photo(Width, Height, picture).Pixels.ToArray();
        for (int i = 0; i < side * side; i++)
        {
            int at = ((y + i / side) * Width + x + i % side) * 3;
            (pixels[at], pixels[at + 1], pixels[at + 2]) = (red, green, blue);
        }
        Write($"{picture}.png", ImageCodec.Encode(new RgbImage(Width, Height, pixels), ImageFileFormat.Png));
        int[][] square =
        [
            [x, y],
            [x + side, y],
            [x + side, y + side],
            [x, y + side],
        ];
        AddTask(
            new
            {
                task_id = $"{picture}__0",
                image_id = picture,
                instance_boxes = new[] { new[] { x, y, side, side } },
                Polygons = new[] { new[] { square } },
                phrase = phrase ?? name,
                phrase_structure = new { name = name.Split(' ')[^1] },
            }
        );
    }

    /// <summary>An entry as it comes.</summary>
    public void AddTask(object task) => _tasks.Add(task);

    public void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(PicturesFolder);
        File.WriteAllBytes(Path.Combine(PicturesFolder, name), bytes);
    }

    /// <summary>Writes the annotations.</summary>
    public string Annotations()
    {
        string path = Workshop.Of("refer.json");
        File.WriteAllText(path, JsonSerializer.Serialize(_tasks));
        return path;
    }

    /// <summary>So many pictures, their regions found.</summary>
    public ShardSet Regions(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add(i);
        }
        Workshop.Run(new AnnotatedRegions(Annotations(), Pictures, new RegionOptions()), "regions");
        return ShardSet.Open(Workshop.Of("regions"));
    }

    /// <summary>So many pictures, their regions with vectors.</summary>
    public RegionCollection Collection(int count)
    {
        Workshop.Run(new FeatureStage(Regions(count), Pictures, new PixelFeatures()), "features");
        return new RegionCollection(ShardSet.Open(Workshop.Of("features")), Pictures);
    }

    public static RemovalOptions Removal { get; } = new() { LongestSide = 64, Dilation = 2 };

    public static ReplacementOptions Replacement { get; } = new() { LongestSide = 64, Dilation = 2 };

    public void Dispose() => Workshop.Dispose();
}
