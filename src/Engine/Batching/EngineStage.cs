namespace InstructDiffusion.Engine.Batching;

/// <summary>What the engine spends its time on.</summary>
public enum EngineStage
{
    /// <summary>Encoding instructions and pictures.</summary>
    Prepare,

    /// <summary>One denoising step.</summary>
    Step,

    /// <summary>A preview's picture.</summary>
    Preview,

    /// <summary>Decoding the result.</summary>
    Finish,
}
