namespace InstructDiffusion.Engine.Batching;

/// <summary>The one end of an accepted edit.</summary>
public enum EditOutcome
{
    /// <summary>A picture, also one cut short by its deadline when that was wanted.</summary>
    Succeeded,

    /// <summary>An error.</summary>
    Failed,

    /// <summary>Its caller gave it up.</summary>
    Cancelled,

    /// <summary>Its time limit passed.</summary>
    Expired,
}
