using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// The removal of an object of a scene, worded by Inst-Inpaint's rules: its name with one of its attributes, and where it is: by a
/// relation to another object, or else by the third of the picture. Half of those that are the only one of their name are not placed.
/// </summary>
/// <param name="Target">The object.</param>
/// <param name="Relations">To objects of other names.</param>
/// <param name="IsOnly">No other object of the picture has its name.</param>
/// <param name="Region">left, center or right.</param>
internal sealed record GqaRemoval(GqaNoun Target, IReadOnlyList<GqaRelation> Relations, bool IsOnly, string Region)
    : PairText(TaskNames.Editing)
{
    private const double PlainShare = 0.5;

    /// <inheritdoc/>
    public override bool NamesSides =>
        SideWords.Names(Region)
        || Target.NamesSides
        || Relations.Any(relation => SideWords.Names(relation.Name) || relation.Other.NamesSides);

    /// <inheritdoc/>
    public override string Word(ref CounterRandom random)
    {
        string target = Target.Word(ref random);
        if (random.Chance(PlainShare) && IsOnly)
        {
            return $"remove the {target}";
        }
        if (Relations.Count == 0)
        {
            return $"remove the {target} at the {Region}";
        }
        GqaRelation relation = random.Pick(Relations);
        string place = relation.Name switch
        {
            "to the left of" => "at the left of",
            "to the right of" => "at the right of",
            _ => relation.Name,
        };
        return $"remove the {target} {place} the {relation.Other.Word(ref random)}";
    }
}

/// <summary>Where an object is.</summary>
/// <param name="Name">For example <c>on top of</c>.</param>
/// <param name="Other">The object that it is related to.</param>
internal sealed record GqaRelation(string Name, GqaNoun Other);

/// <summary>What an object is called.</summary>
/// <param name="Name">For example <c>cup</c>.</param>
/// <param name="Attributes">For example <c>white</c>.</param>
internal sealed record GqaNoun(string Name, IReadOnlyList<string> Attributes)
{
    /// <summary>Whether it may name left or right.</summary>
    public bool NamesSides => SideWords.Names(Name) || Attributes.Any(SideWords.Names);

    /// <summary>The name with one of the attributes.</summary>
    public string Word(ref CounterRandom random)
    {
        string attribute = Attributes.Count > 0 ? random.Pick(Attributes) : "";
        return attribute.Length > 0 ? $"{attribute} {Name}" : Name;
    }
}
