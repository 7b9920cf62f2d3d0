using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Draws crops of photographs and objects upon them, from the pictures of one split.</summary>
internal sealed class ObjectPlacer
{
    private const double Margin = 0.02;
    private const double MaxOverlap = 0.06;

    /// <summary>How far an object's colour is from what is behind it, in RGB: what cannot be seen cannot be asked for.</summary>
    private const double VisibleDistance = 55;

    private const int Attempts = 30;

    /// <summary>How often the second object has the first one's noun, so that words for place and colour matter.</summary>
    private const double TwinChance = 0.3;

    private readonly IReadOnlyList<DemoNoun> _nouns;
    private readonly DemoNoun[] _nounsWithHeldOut;
    private readonly DemoPhotograph[] _photographs;
    private readonly bool _isHeldOut;

    public ObjectPlacer(DemoFolder folder, DemoSplit split)
    {
        _isHeldOut = split == DemoSplit.HeldOut;
        _nouns = folder.Nouns;
        _nounsWithHeldOut = [.. folder.Nouns.Where(noun => noun.Glyphs.Any(glyph => glyph.HeldOut))];
        _photographs = [.. folder.Photographs.Where(photograph => photograph.HeldOut == _isHeldOut)];
        if (_photographs.Length == 0)
        {
            throw new InvalidDataException($"demo data: no photograph for the split {split}");
        }
    }

    /// <summary>Whether an object keeps the margin to every side.</summary>
    public static bool IsInside(SceneObject placed)
    {
        (double width, double height) = placed.Extent;
        return placed.CenterX - width / 2 >= Margin
            && placed.CenterY - height / 2 >= Margin
            && placed.CenterX + width / 2 <= 1 - Margin
            && placed.CenterY + height / 2 <= 1 - Margin;
    }

    /// <summary>A square part of a photograph, from the whole short side down to a sixth of it.</summary>
    public PhotographCrop PickCrop(ref CounterRandom random)
    {
        DemoPhotograph photograph = random.Pick(_photographs);
        double shorter = Math.Min(photograph.Width, photograph.Height);
        double smallest = random.Chance(0.15) ? Math.Min(1, 64 / shorter) : 0.4;
        double side = shorter * random.NextDouble(smallest, 1);
        return new PhotographCrop(
            photograph,
            random.NextDouble() * (photograph.Width - side),
            random.NextDouble() * (photograph.Height - side),
            side,
            random.Chance(0.5),
            random.NextDouble(-20, 20),
            random.NextDouble(0.85, 1.15)
        );
    }

    /// <summary>Places objects that hardly overlap; fewer when there is no room.</summary>
    /// <param name="count">How many.</param>
    /// <param name="crop">What is behind them: nothing that it shows itself is placed.</param>
    /// <param name="occupied">Objects that are there already; not in the result.</param>
    /// <param name="random">The stream.</param>
    public IReadOnlyList<SceneObject> Place(
        int count,
        PhotographCrop crop,
        IReadOnlyList<SceneObject> occupied,
        ref CounterRandom random
    )
    {
        var placed = new List<SceneObject>();
        double largest = (count + occupied.Count) switch
        {
            1 => 0.55,
            2 => 0.48,
            _ => 0.4,
        };
        bool hasTwin = random.Chance(TwinChance);
        for (int i = 0; i < count; i++)
        {
            SceneObject? twin = i == 1 && hasTwin && placed.Count == 1 ? placed[0] : null;
            DemoNoun noun = twin?.Noun ?? PickNoun(crop.Photograph, placed, ref random);
            DemoGlyph glyph = PickGlyph(noun, twin, ref random);
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                SceneObject candidate = Pose(noun, glyph, largest, ref random);
                if (IsInside(candidate) && IsVisible(candidate, crop) && IsFree(candidate, placed.Concat(occupied)))
                {
                    placed.Add(candidate);
                    break;
                }
            }
        }
        return placed;
    }

    private static bool IsVisible(SceneObject candidate, PhotographCrop crop)
    {
        (double red, double green, double blue) = MeanColors.Parse(candidate.Glyph.Mean);
        (double Red, double Green, double Blue) behind = MeanColors.Behind(crop, candidate.CenterX, candidate.CenterY);
        double square =
            (red - behind.Red) * (red - behind.Red)
            + (green - behind.Green) * (green - behind.Green)
            + (blue - behind.Blue) * (blue - behind.Blue);
        return square >= VisibleDistance * VisibleDistance;
    }

    /// <summary>Objects of one noun do not touch: two red squares would look like one.</summary>
    private static bool IsFree(SceneObject candidate, IEnumerable<SceneObject> others) =>
        others.All(other => other.OverlapWith(candidate) <= (other.Noun == candidate.Noun ? 0 : MaxOverlap));

    private DemoNoun PickNoun(DemoPhotograph photograph, List<SceneObject> placed, ref CounterRandom random)
    {
        while (true)
        {
            DemoNoun noun =
                _isHeldOut && _nounsWithHeldOut.Length > 0 && random.Chance(0.6)
                    ? random.Pick(_nounsWithHeldOut)
                    : random.Pick(_nouns);
            // After some draws anything goes: a folder may have few nouns.
            bool isFree = !photograph.Contains.Contains(noun.Noun) && placed.TrueForAll(other => other.Noun != noun);
            if (isFree || random.Chance(0.02))
            {
                return noun;
            }
        }
    }

    private DemoGlyph PickGlyph(DemoNoun noun, SceneObject? twin, ref CounterRandom random)
    {
        bool fromHeldOut = _isHeldOut && noun.Glyphs.Any(glyph => glyph.HeldOut);
        DemoGlyph[] glyphs = [.. noun.Glyphs.Where(glyph => glyph.HeldOut == fromHeldOut)];
        DemoGlyph[] others = [.. glyphs.Where(glyph => glyph != twin?.Glyph)];
        // Mostly another picture, so that words for colour tell the two apart.
        return random.Pick(others.Length > 0 && random.Chance(0.7) ? others : glyphs);
    }

    private static SceneObject Pose(DemoNoun noun, DemoGlyph glyph, double largest, ref CounterRandom random)
    {
        double brightness = random.NextDouble(0.88, 1.08);
        return new SceneObject(
            noun,
            glyph,
            random.NextDouble(),
            random.NextDouble(),
            random.NextDouble(0.28, largest),
            random.Chance(0.3) ? random.NextDouble(-20, 20) : 0,
            noun.Flip && random.Chance(0.5),
            brightness * random.NextDouble(0.96, 1.04),
            brightness * random.NextDouble(0.96, 1.04),
            brightness * random.NextDouble(0.96, 1.04)
        );
    }
}
