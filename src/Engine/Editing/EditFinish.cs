namespace InstructDiffusion.Engine.Editing;

/// <summary>Why an edit's picture is as it is.</summary>
public enum EditFinish
{
    /// <summary>Every step was taken.</summary>
    Completed,

    /// <summary>Its time was over: the picture is the model's estimate at the step reached.</summary>
    Deadline,
}
