using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>How large the model's canvas is: either a rule with a resolution, or an exact size.</summary>
public sealed record WorkingSize
{
    private WorkingSize() { }

    /// <summary>The exact canvas, both sides multiples of 8 (best 64) and at least 64; null when the rule decides.</summary>
    public ImageSize? Exact { get; private init; }

    /// <summary>The rule's resolution in pixels (the authors' <c>--resolution</c>), used when <see cref="Exact"/> is null.</summary>
    public int Resolution { get; private init; }

    /// <summary>The rule, used when <see cref="Exact"/> is null.</summary>
    public WorkingSizeRule Rule { get; private init; }

    /// <summary>The canvas of a picture.</summary>
    /// <param name="source">The picture's size.</param>
    /// <param name="limits">What a rule may not exceed; an exact size is the caller's business.</param>
    /// <exception cref="InvalidEditException">The rule finds none within the limits.</exception>
    public ImageSize For(ImageSize source, WorkingSizeLimits limits)
    {
        if (Exact is { } exact)
        {
            return exact;
        }
        if (Resolution < WorkingSizeRules.Multiple)
        {
            throw new InvalidEditException("size", $"must be at least {WorkingSizeRules.Multiple}, got {Resolution}");
        }
        try
        {
            return Rule.Apply(source, Resolution, limits);
        }
        catch (WorkingSizeException e)
        {
            throw new InvalidEditException("size", $"does not suit the image: {e.Message}");
        }
    }

    /// <summary>The canvas is found by a rule at this resolution.</summary>
    public static WorkingSize Of(int resolution, WorkingSizeRule rule = WorkingSizeRule.CommandLine) =>
        new() { Resolution = resolution, Rule = rule };

    /// <summary>The canvas is exactly this large.</summary>
    public static WorkingSize Of(ImageSize exact) => new() { Exact = exact };
}
