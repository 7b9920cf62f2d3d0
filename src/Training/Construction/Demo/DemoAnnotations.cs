using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Construction.Demo;

/// <summary>
/// Scenes of the demo data as a user's own annotated pictures would lie: <c>pictures/</c> with their rights, and <c>refer.json</c> of
/// PhraseCut's form, whose polygons are the objects' exact outlines. So the construction runs without any download.
/// </summary>
/// <param name="folder">The demo data.</param>
/// <param name="side">Of the pictures, pixels.</param>
/// <param name="seed">Of the scenes.</param>
internal sealed class DemoAnnotations(DemoFolder folder, int side, long seed)
{
    /// <summary>The folder of pictures in the one that is written.</summary>
    public const string PicturesFolder = "pictures";

    /// <summary>The annotations.</summary>
    public const string AnnotationsFile = "refer.json";

    private const string ObjectsLicence = "objects: Noto Emoji, Apache-2.0";

    private readonly SceneComposer _composer = new(
        folder,
        DemoSplit.Train,
        new Dictionary<string, double>(StringComparer.Ordinal)
    );

    private readonly SceneRenderer _renderer = new(folder, side);

    /// <summary>Writes scenes; the same ones at every run.</summary>
    /// <param name="output">The folder to write.</param>
    /// <param name="count">Scenes.</param>
    /// <param name="onScene">Told after each.</param>
    /// <param name="cancellationToken">Looked at before each; the annotations are written last.</param>
    /// <returns>Regions in them.</returns>
    public int Write(string output, int count, Action onScene, CancellationToken cancellationToken)
    {
        string pictures = Path.Combine(output, PicturesFolder);
        Directory.CreateDirectory(pictures);
        var tasks = new List<Annotation>();
        var attributions = new StringBuilder();
        for (int i = 1; i <= count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var random = new CounterRandom(seed, RandomPurpose.Construction, i);
            SceneSpec scene = _composer.ComposeScene(ref random);
            byte[] png = ImageCodec.Encode(_renderer.RenderClean(scene), ImageFileFormat.Png);
            File.WriteAllBytes(Path.Combine(pictures, $"{i}.png"), png);
            DemoPhotograph photograph = scene.Background.Photograph;
            attributions.Append(
                Line(
                    new
                    {
                        File = $"{i}.png",
                        Licence = $"photograph: {photograph.Licence}; {ObjectsLicence}",
                        photograph.Author,
                        Url = photograph.Origin,
                    }
                )
            );
            attributions.Append('\n');
            for (int subject = 0; subject < scene.Objects.Count; subject++)
            {
                if (Annotate(scene, subject, i, ref random) is { } task)
                {
                    tasks.Add(task);
                }
            }
            onScene();
        }
        WriteWhole(Path.Combine(pictures, SourcePictures.AttributionsFile), attributions.ToString());
        WriteWhole(Path.Combine(output, AnnotationsFile), Line(tasks));
        return tasks.Count;
    }

    private Annotation? Annotate(SceneSpec scene, int subject, int image, ref CounterRandom random)
    {
        DemoNoun noun = scene.Objects[subject].Noun;
        string[] phrases =
        [
            .. ReferringPhrases
                .For(scene.Objects, subject)
                .SelectMany(phrase => phrase.Wordings)
                .Where(words => words.Split(' ').Contains(noun.Noun.Split(' ')[0], StringComparer.Ordinal)),
        ];
        if (phrases.Length == 0)
        {
            return null;
        }
        DemoTruth truth = _renderer.Render(scene with { Task = DemoTask.Removal, Subject = subject });
        PixelMask mask = PixelMask.FromPixels(truth.Mask!, side);
        if (mask.Box is not { } box)
        {
            return null;
        }
        int[][][] polygons =
        [
            .. MaskOutlines
                .Trace(mask)
                .Select(polygon => polygon.Exterior.Chunk(2).Select(point => point.ToArray()).ToArray()),
        ];
        return new Annotation(
            $"{image}__{subject}",
            image,
            [subject],
            [
                [box.X, box.Y, box.Width, box.Height],
            ],
            [polygons],
            random.Pick(phrases),
            new PhraseStructure { Name = noun.Noun }
        );
    }

    private static string Line<T>(T value) => JsonSerializer.Serialize(value, ShardJson.Options);

    // Written aside: the name never holds half a file.
    private static void WriteWhole(string path, string text)
    {
        string aside = path + ".part";
        File.WriteAllText(aside, text);
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>An entry of PhraseCut's form.</summary>
    private sealed record Annotation(
        string TaskId,
        int ImageId,
        int[] AnnIds,
        int[][] InstanceBoxes,
        [property: JsonPropertyName("Polygons")] int[][][][] Polygons,
        string Phrase,
        PhraseStructure PhraseStructure
    );
}
