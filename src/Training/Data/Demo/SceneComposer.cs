using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Draws scenes and what is to be done with them.</summary>
internal sealed class SceneComposer
{
    /// <summary>How often a scene that breaks a rule is drawn again before the data are called too poor.</summary>
    private const int Attempts = 200;

    /// <summary>Part of the segmentation instructions that name something absent (COCO-Stuff in the original: 0.2).</summary>
    private const double AbsentChance = 0.08;

    /// <summary>Longer side of an object that is asked for, as a fraction of the picture's.</summary>
    private const double InsertedSize = 0.4;

    /// <summary>How far a mark's colour is from what it lies on, in RGB.</summary>
    private const double VisibleDistance = 120;

    /// <summary>The same for an overlay, of which half is the object itself.</summary>
    private const double OverlayDistance = 150;

    private readonly ObjectPlacer _placer;
    private readonly DemoFolder _folder;
    private readonly (string Task, double Limit)[] _tasks;

    /// <param name="folder">The pictures.</param>
    /// <param name="split">Which of them.</param>
    /// <param name="weights">How often each task is drawn, relative to their sum; null for captions.</param>
    public SceneComposer(DemoFolder folder, DemoSplit split, IReadOnlyDictionary<string, double> weights)
    {
        _folder = folder;
        _placer = new ObjectPlacer(folder, split);
        double total = weights.Values.Sum();
        double limit = 0;
        // Ordered by name, so that the order of a recipe's lines decides nothing.
        _tasks =
        [
            .. weights
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => (pair.Key, limit += pair.Value / total)),
        ];
    }

    /// <summary>The scene of a stream of random numbers.</summary>
    /// <exception cref="InvalidDataException">The folder has too few pictures for the task.</exception>
    public SceneSpec Compose(CounterRandom random)
    {
        double draw = random.NextDouble();
        string task = _tasks.FirstOrDefault(entry => draw < entry.Limit, _tasks[^1]).Task;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (Try(task, ref random) is { } spec)
            {
                return spec;
            }
        }
        throw new InvalidDataException($"demo data: too few pictures to compose a scene for {task}");
    }

    /// <summary>A scene for a caption: nothing to be done with it.</summary>
    public SceneSpec ComposeScene(ref CounterRandom random)
    {
        PhotographCrop crop = _placer.PickCrop(ref random);
        return new SceneSpec
        {
            Task = DemoCaptionDataset.Task,
            Background = crop,
            Objects = _placer.Place(1 + random.Next(3), crop, [], ref random),
        };
    }

    private SceneSpec? Try(string task, ref CounterRandom random)
    {
        PhotographCrop crop = _placer.PickCrop(ref random);
        if (string.Equals(task, DemoTask.Addition, StringComparison.Ordinal))
        {
            return Add(crop, ref random);
        }
        var spec = new SceneSpec
        {
            Task = task,
            Background = crop,
            Objects = _placer.Place(1 + random.Next(3), crop, [], ref random),
        };
        if (spec.Objects.Count == 0)
        {
            return null;
        }
        if (task is DemoTask.Denoise or DemoTask.Deblur or DemoTask.Watermark)
        {
            return spec with { Degradation = DegradationDraw.For(task, ref random) };
        }
        if (string.Equals(task, DemoTask.Segmentation, StringComparison.Ordinal) && random.Chance(AbsentChance))
        {
            return Miss(spec, ref random);
        }
        spec = spec with { Subject = random.Next(spec.Objects.Count) };
        if (ReferringPhrases.For(spec.Objects, spec.Subject).Count == 0)
        {
            return null;
        }
        return task switch
        {
            DemoTask.Segmentation => spec with { Color = VisibleOn(spec, ref random) },
            DemoTask.Keypoints => spec with
            {
                Color = VisibleAround(spec, ref random),
                Part = (ObjectPart)random.Next(5),
            },
            DemoTask.Removal => spec,
            DemoTask.Replacement => Replace(spec, ref random),
            DemoTask.Recolouring => Recolour(spec, ref random),
            _ => throw new ArgumentException($"task: '{task}' is none of the demo's", nameof(task)),
        };
    }

    private SceneSpec? Miss(SceneSpec spec, ref CounterRandom random)
    {
        DemoNoun noun = random.Pick(_folder.Nouns);
        bool isThere = spec.Objects.Any(placed => placed.Noun == noun);
        // Of the nouns that come in colours some are plain shapes, and a clock is a circle, too.
        return isThere || ReferringPhrases.HasColors(noun) || spec.Background.Photograph.Contains.Contains(noun.Noun)
            ? null
            : spec with
            {
                Absent = noun,
                Color = random.Pick(NamedColor.Segmentation),
            };
    }

    private SceneSpec? Add(PhotographCrop crop, ref CounterRandom random)
    {
        var place = (ScenePlace)random.Next(9);
        // The object touches neither the side it is named for nor the middle.
        double[] centers = [0.23, 0.5, 0.77];
        (DemoNoun noun, DemoGlyph glyph) = PickInserted(ref random);
        var inserted = new SceneObject(noun, glyph, centers[(int)place % 3], centers[(int)place / 3], InsertedSize);
        if (crop.Photograph.Contains.Contains(noun.Noun))
        {
            return null;
        }
        SceneObject[] others =
        [
            .. _placer
                .Place(random.Next(3), crop, [inserted], ref random)
                .Where(placed => placed.Noun != noun && placed.OverlapWith(inserted) == 0),
        ];
        return new SceneSpec
        {
            Task = DemoTask.Addition,
            Background = crop,
            Objects = others,
            Inserted = inserted,
            Place = place,
        };
    }

    private SceneSpec? Replace(SceneSpec spec, ref CounterRandom random)
    {
        SceneObject old = spec.Objects[spec.Subject];
        (DemoNoun noun, DemoGlyph glyph) = PickInserted(ref random);
        var inserted = new SceneObject(noun, glyph, old.CenterX, old.CenterY, old.Size);
        bool isThere =
            spec.Objects.Any(placed => placed.Noun == noun) || spec.Background.Photograph.Contains.Contains(noun.Noun);
        bool isCovered = spec
            .Objects.Where((_, i) => i != spec.Subject)
            .Any(placed => placed.OverlapWith(inserted) > 0.15);
        return isThere || isCovered || !ObjectPlacer.IsInside(inserted) ? null : spec with { Inserted = inserted };
    }

    private static SceneSpec? Recolour(SceneSpec spec, ref CounterRandom random)
    {
        // What is nearly black has no shading to keep.
        const double DarkestLightness = 60;
        SceneObject subject = spec.Objects[spec.Subject];
        (double red, double green, double blue) = MeanColors.Parse(subject.Glyph.Mean);
        NamedColor[] palette =
        [
            .. Recolouring.Palette.Where(color =>
                !string.Equals(color.Name, subject.Glyph.Color, StringComparison.Ordinal)
                && color.DistanceTo(red, green, blue) >= VisibleDistance
            ),
        ];
        return palette.Length == 0 || 0.3 * red + 0.59 * green + 0.11 * blue < DarkestLightness
            ? null
            : spec with
            {
                Color = random.Pick(palette),
            };
    }

    /// <summary>A noun, and the picture that its name (and colour, where it has several) stands for.</summary>
    private (DemoNoun Noun, DemoGlyph Glyph) PickInserted(ref CounterRandom random)
    {
        DemoNoun noun = random.Pick(_folder.Nouns);
        if (!ReferringPhrases.HasColors(noun))
        {
            return (noun, noun.Glyphs[0]);
        }
        DemoGlyph[] firstOfColor =
        [
            .. noun.Glyphs.Where(glyph => !glyph.HeldOut && glyph.Color is not null).DistinctBy(glyph => glyph.Color),
        ];
        return (noun, random.Pick(firstOfColor));
    }

    /// <summary>The colour of an overlay: not the object's own, and seen when mixed half and half with it.</summary>
    private static NamedColor VisibleOn(SceneSpec spec, ref CounterRandom random)
    {
        SceneObject subject = spec.Objects[spec.Subject];
        NamedColor[] palette =
        [
            .. NamedColor.Segmentation.Where(color =>
                !string.Equals(color.Name, subject.Glyph.Color, StringComparison.Ordinal)
            ),
        ];
        return NamedColor.PickVisible(palette, [MeanColors.Parse(subject.Glyph.Mean)], OverlayDistance, ref random);
    }

    /// <summary>The colour of a disc, which lies on the object or half on what is behind it.</summary>
    private static NamedColor VisibleAround(SceneSpec spec, ref CounterRandom random)
    {
        SceneObject subject = spec.Objects[spec.Subject];
        return NamedColor.PickVisible(
            NamedColor.Keypoints,
            [
                MeanColors.Parse(subject.Glyph.Mean),
                MeanColors.Behind(spec.Background, subject.CenterX, subject.CenterY),
            ],
            VisibleDistance,
            ref random
        );
    }
}
