namespace InstructDiffusion.Engine.Batching;

/// <summary>What is to become of an edit before the next piece of work.</summary>
internal enum EditFate
{
    /// <summary>It goes on.</summary>
    GoesOn,

    /// <summary>It has its outcome already, or its caller gave it up.</summary>
    Over,

    /// <summary>Its time is over, or too little is left of it to begin.</summary>
    Expired,

    /// <summary>Its time is nearly over, and it wants the picture at the step reached.</summary>
    Cut,
}
