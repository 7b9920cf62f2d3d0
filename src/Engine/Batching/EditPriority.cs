namespace InstructDiffusion.Engine.Batching;

/// <summary>How soon an edit wants to be served. An edit that waits long enough is served before newcomers of a higher class.</summary>
public enum EditPriority
{
    /// <summary>Someone is looking at the screen.</summary>
    Interactive,

    /// <summary>The default.</summary>
    Standard,

    /// <summary>Work that fills idle time.</summary>
    Batch,
}
