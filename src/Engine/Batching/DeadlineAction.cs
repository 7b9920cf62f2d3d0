namespace InstructDiffusion.Engine.Batching;

/// <summary>What becomes of a running edit whose time is over.</summary>
public enum DeadlineAction
{
    /// <summary>It is dropped at the next step, and fails.</summary>
    Fail,

    /// <summary>It is decoded as it is in time for the deadline: the picture at the step reached.</summary>
    Partial,
}
