namespace InstructDiffusion.Engine.Sampling;

/// <summary>What the model's output means.</summary>
public enum PredictionType
{
    /// <summary>The noise ε; diffusers' "epsilon".</summary>
    Epsilon,

    /// <summary>The velocity v = √ᾱ·ε − √(1−ᾱ)·x₀ (Salimans and Ho 2022); diffusers' "v_prediction".</summary>
    Velocity,
}
