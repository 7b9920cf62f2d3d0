using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// Captioned scenes for the first stage; half of them carry randomly drawn discs or half-transparent patches, which the caption
/// then mentions (specification 3.1). Pixels are a function of (folder, split, resolution, seed, index) alone.
/// </summary>
public sealed class DemoCaptionDataset : IEditDataset
{
    internal const string Task = "caption";

    private const int PixelVersion = 1;
    private const double MarkChance = 0.5;

    /// <summary>Keeps these scenes apart from those of the pairs, whose streams are numbered by split.</summary>
    private const int StreamOffset = 100;

    private readonly SceneComposer _composer;
    private readonly SceneRenderer _renderer;
    private readonly InstructionTemplates _templates;
    private readonly DemoSplit _split;
    private readonly int _resolution;
    private readonly long _seed;

    /// <param name="folder">Built by <c>data demo</c>.</param>
    /// <param name="split">Which pictures and phrasings.</param>
    /// <param name="resolution">Side of the pictures, 32…512.</param>
    /// <param name="seed">Another seed draws other scenes.</param>
    /// <param name="count">Pictures, at least 1.</param>
    /// <exception cref="ArgumentException">A value out of range.</exception>
    /// <exception cref="InvalidDataException">The folder's phrasings are malformed.</exception>
    public DemoCaptionDataset(DemoFolder folder, DemoSplit split, int resolution, long seed, long count)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(resolution, 512);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _split = split;
        _resolution = resolution;
        _seed = seed;
        Count = count;
        _composer = new SceneComposer(folder, split, DemoTask.DefaultWeights);
        _renderer = new SceneRenderer(folder, resolution);
        _templates = folder.Templates(Task, ["objects"]);
        Name = $"demo-captions-{split.ToString().ToLowerInvariant()}";
        string identity = $"captions {PixelVersion} {folder.Manifest.Fingerprint} {split} {resolution} {seed}";
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    /// <returns>The scene without marks, the scene with them, and the caption.</returns>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        (SceneSpec spec, IReadOnlyList<CaptionMark> marks) = Draw(index);
        RgbImage clean = _renderer.RenderClean(spec);
        byte[] pixels = clean.Pixels.ToArray();
        foreach (CaptionMark mark in marks)
        {
            mark.Paint(pixels, _resolution);
        }
        return new EditSample(clean, new RgbImage(_resolution, _resolution, pixels), Word(spec, marks, phrasing), Task);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        (SceneSpec spec, IReadOnlyList<CaptionMark> marks) = Draw(index);
        return (Word(spec, marks, phrasing), Task);
    }

    private (SceneSpec Spec, IReadOnlyList<CaptionMark> Marks) Draw(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var random = new CounterRandom(_seed, RandomPurpose.Scene, index, StreamOffset + (int)_split);
        SceneSpec spec = _composer.ComposeScene(ref random);
        return (spec, random.Chance(MarkChance) ? CaptionMark.Draw(ref random) : []);
    }

    private string Word(SceneSpec spec, IReadOnlyList<CaptionMark> marks, CounterRandom phrasing)
    {
        var things = new List<string>();
        foreach (SceneObject placed in spec.Objects)
        {
            string noun =
                placed.Glyph.Color is { } color && phrasing.Chance(0.7)
                    ? $"{color} {placed.Noun.Noun}"
                    : placed.Noun.Noun;
            string thing = DemoNoun.WithArticle(noun);
            // Places of things or of marks, not of both: a caption must fit the text encoder (30 tokens and the two at its ends).
            bool isPlaced = marks.Count == 0 && phrasing.Chance(0.5);
            things.Add(isPlaced ? $"{thing} {PlaceOf(placed.CenterX, placed.CenterY)}" : thing);
        }
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["objects"] = Join(things) };
        string caption = _templates.Fill(_split == DemoSplit.HeldOut, values, ref phrasing);
        return marks.Count == 0 ? caption : $"{caption}, with {Join([.. marks.Select(mark => mark.Words)])}";
    }

    internal static string PlaceOf(double x, double y) =>
        (x, y) switch
        {
            (< 0.4, _) => "on the left",
            (> 0.6, _) => "on the right",
            (_, < 0.4) => "at the top",
            (_, > 0.6) => "at the bottom",
            _ => "in the middle",
        };

    private static string Join(List<string> things) =>
        things.Count < 2 ? string.Concat(things) : $"{string.Join(", ", things.SkipLast(1))} and {things[^1]}";
}
