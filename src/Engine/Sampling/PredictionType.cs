namespace InstructDiffusion.Engine.Sampling;

/// <summary>What the model's output means.</summary>
public enum PredictionType
{
    /// <summary>The noise ε; diffusers' "epsilon".</summary>
    Epsilon,

    /// <summary>The velocity v = √ᾱ·ε − √(1−ᾱ)·x₀ (Salimans and Ho 2022); diffusers' "v_prediction".</summary>
    Velocity,

    /// <summary>
    /// The clean latents x₀ themselves; diffusers' "sample". Where the source says most of the answer, the target is nearly the same
    /// at every timestep, which suits small models.
    /// </summary>
    Original,
}
