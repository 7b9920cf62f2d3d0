using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Words what is to be done with a scene.</summary>
internal sealed class DemoInstructions
{
    private static readonly string[] Placeholders = ["object", "a_object", "a_new", "color", "part", "place"];

    private static readonly Dictionary<ObjectPart, string[]> Parts = new()
    {
        [ObjectPart.Center] = ["center", "middle"],
        [ObjectPart.Top] = ["top"],
        [ObjectPart.Bottom] = ["bottom"],
        [ObjectPart.LeftEdge] = ["left edge", "left side"],
        [ObjectPart.RightEdge] = ["right edge", "right side"],
    };

    private static readonly Dictionary<ScenePlace, string[]> Places = new()
    {
        [ScenePlace.TopLeft] = ["in the top left", "in the top left corner"],
        [ScenePlace.Top] = ["at the top"],
        [ScenePlace.TopRight] = ["in the top right", "in the top right corner"],
        [ScenePlace.Left] = ["on the left"],
        [ScenePlace.Center] = ["in the middle", "in the center"],
        [ScenePlace.Right] = ["on the right"],
        [ScenePlace.BottomLeft] = ["in the bottom left", "in the bottom left corner"],
        [ScenePlace.Bottom] = ["at the bottom"],
        [ScenePlace.BottomRight] = ["in the bottom right", "in the bottom right corner"],
    };

    private readonly Dictionary<string, InstructionTemplates> _templates;
    private readonly bool _isHeldOut;

    public DemoInstructions(DemoFolder folder, DemoSplit split, IEnumerable<string> tasks)
    {
        _isHeldOut = split == DemoSplit.HeldOut;
        _templates = tasks.ToDictionary(
            task => task,
            task => folder.Templates(task, Placeholders),
            StringComparer.Ordinal
        );
    }

    /// <summary>Words a scene's task; the same stream gives the same words.</summary>
    public string Word(SceneSpec spec, CounterRandom phrasing)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = Refer(spec, ref phrasing),
            ["color"] = spec.Color?.Name ?? "",
            ["part"] = phrasing.Pick(Parts[spec.Part]),
            ["place"] = phrasing.Pick(Places[spec.Place]),
        };
        string inserted = spec.Inserted is { } placed ? DemoNoun.WithArticle(ReferringPhrases.ForInserted(placed)) : "";
        values["a_object"] = inserted;
        values["a_new"] = inserted;
        return _templates[spec.Task].Fill(_isHeldOut, values, ref phrasing);
    }

    private static string Refer(SceneSpec spec, ref CounterRandom phrasing)
    {
        if (spec.Subject < 0)
        {
            return spec.Absent?.Noun ?? "";
        }
        List<ReferringPhrase> phrases = ReferringPhrases.For(spec.Objects, spec.Subject);
        double draw = phrasing.NextDouble() * phrases.Sum(phrase => phrase.Weight);
        int chosen = 0;
        while (chosen < phrases.Count - 1 && draw >= phrases[chosen].Weight)
        {
            draw -= phrases[chosen++].Weight;
        }
        return phrasing.Pick(phrases[chosen].Wordings);
    }
}
