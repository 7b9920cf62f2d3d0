namespace InstructDiffusion.Training.Data.Editing;

/// <summary>A picture of GQA-Inpaint's <c>train_scenes.json</c>.</summary>
internal sealed record GqaScene
{
    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>By id.</summary>
    public required IReadOnlyDictionary<string, GqaObject> Objects { get; init; }

    /// <summary>By id, as the file has them: they tell two objects of one name apart.</summary>
    public IReadOnlyDictionary<string, string>? ImageRelativePositions { get; init; }

    /// <summary>The removals that can be worded so that they mean one object (Inst-Inpaint's filters), by object.</summary>
    public IEnumerable<(string Object, GqaRemoval Removal)> Removals()
    {
        Dictionary<string, string[]> byName = Objects
            .GroupBy(entry => entry.Value.Name, entry => entry.Key, StringComparer.Ordinal)
            .Where(group => CanTellApart([.. group]))
            .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        foreach ((string name, string[] ids) in byName)
        {
            foreach (string id in ids.Where(id => Objects[id].Bidirected))
            {
                GqaObject removed = Objects[id];
                GqaRelation[] relations =
                [
                    .. removed
                        .Relations.Where(relation =>
                            IsTold(relation.Object, byName) && !IsCalled(relation.Object, name)
                        )
                        .Select(relation => new GqaRelation(relation.Name, NounOf(Objects[relation.Object]))),
                ];
                yield return (id, new GqaRemoval(NounOf(removed), relations, ids.Length == 1, RegionOf(removed)));
            }
        }
    }

    private static GqaNoun NounOf(GqaObject item) => new(item.Name, item.Attributes ?? []);

    private bool IsCalled(string id, string name) => string.Equals(Objects[id].Name, name, StringComparison.Ordinal);

    private bool IsTold(string id, Dictionary<string, string[]> byName) =>
        Objects.TryGetValue(id, out GqaObject? item)
        && byName.TryGetValue(item.Name, out string[]? ids)
        && ids.Contains(id);

    /// <summary>One of its name, or two in different parts of the picture.</summary>
    private bool CanTellApart(string[] ids) =>
        ids.Length == 1
        || (ids.Length == 2 && !string.Equals(PositionOf(ids[0]), PositionOf(ids[1]), StringComparison.Ordinal));

    private string PositionOf(string id) =>
        ImageRelativePositions?.GetValueOrDefault(id) ?? $"to the {RegionOf(Objects[id])}";

    /// <summary>The third of the middle square that most of the object lies in.</summary>
    private string RegionOf(GqaObject item)
    {
        int side = Math.Min(Width, Height);
        int before = (Width - side) / 2;
        double left = Math.Clamp(item.Bbox[0] - before, 0, side);
        double right = Math.Clamp(item.Bbox[2] - before, 0, side);
        int third = side / 3;
        if (right <= third)
        {
            return "left";
        }
        if (left <= third)
        {
            bool isMostlyLeft = third - left >= (right - left) / 2;
            return right < 2 * third && isMostlyLeft ? "left" : "center";
        }
        if (right <= 2 * third)
        {
            return "center";
        }
        bool isMostlyCentral = left <= 2 * third && (2 * third) - left >= (right - left) / 2;
        return isMostlyCentral ? "center" : "right";
    }
}

/// <summary>An object of a scene.</summary>
internal sealed record GqaObject
{
    /// <summary>For example <c>cup</c>.</summary>
    public required string Name { get; init; }

    /// <summary>For example <c>white</c>.</summary>
    public IReadOnlyList<string>? Attributes { get; init; }

    /// <summary>To other objects.</summary>
    public IReadOnlyList<GqaLink> Relations { get; init; } = [];

    /// <summary>Left, top, right, bottom, pixels.</summary>
    public required IReadOnlyList<double> Bbox { get; init; }

    /// <summary>There is a picture without it.</summary>
    public bool Bidirected { get; init; }
}

/// <summary>A relation as the file has it.</summary>
/// <param name="Name">For example <c>on top of</c>.</param>
/// <param name="Object">Id of the other object.</param>
internal sealed record GqaLink(string Name, string Object);
