namespace InstructDiffusion.Engine.Editing;

/// <summary>The model produced NaN or infinity where a picture should be.</summary>
public sealed class NonFiniteImageException(string stage)
    : Exception(
        $"The model produced values that are not finite ({stage}). The weights may be damaged, or the precision too low for them: try fp32."
    );
