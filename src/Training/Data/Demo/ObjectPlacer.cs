using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Draws crops of photographs and objects upon them, from the pictures of one split.</summary>
internal sealed class ObjectPlacer
{
    private const double Margin = 0.02;
    private const double MaxOverlap = 0.1;
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
    /// <param name="photograph">What is behind them: nothing that it shows itself is placed.</param>
    /// <param name="occupied">Objects that are there already; not in the result.</param>
    /// <param name="random">The stream.</param>
    public IReadOnlyList<SceneObject> Place(
        int count,
        DemoPhotograph photograph,
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
            DemoNoun noun =
                i == 1 && hasTwin && placed.Count == 1 ? placed[0].Noun : PickNoun(photograph, placed, ref random);
            DemoGlyph glyph = PickGlyph(noun, ref random);
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                SceneObject candidate = Pose(noun, glyph, largest, ref random);
                if (
                    IsInside(candidate)
                    && placed.Concat(occupied).All(other => other.OverlapWith(candidate) <= MaxOverlap)
                )
                {
                    placed.Add(candidate);
                    break;
                }
            }
        }
        return placed;
    }

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

    private DemoGlyph PickGlyph(DemoNoun noun, ref CounterRandom random)
    {
        bool fromHeldOut = _isHeldOut && noun.Glyphs.Any(glyph => glyph.HeldOut);
        return random.Pick([.. noun.Glyphs.Where(glyph => glyph.HeldOut == fromHeldOut)]);
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
