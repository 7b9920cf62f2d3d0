namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>Tensors of published checkpoints that carry nothing a model needs.</summary>
internal static class IgnoredNames
{
    private static readonly HashSet<string> _scheduleBuffers = new(StringComparer.Ordinal)
    {
        "betas",
        "alphas_cumprod",
        "alphas_cumprod_prev",
        "sqrt_alphas_cumprod",
        "sqrt_one_minus_alphas_cumprod",
        "log_one_minus_alphas_cumprod",
        "sqrt_recip_alphas_cumprod",
        "sqrt_recipm1_alphas_cumprod",
        "posterior_variance",
        "posterior_log_variance_clipped",
        "posterior_mean_coef1",
        "posterior_mean_coef2",
        "lvlb_weights",
        "logvar",
        "scale_factor",
    };

    /// <summary>Why a tensor is left out, or null where it is not.</summary>
    public static string? Reason(string name) =>
        _scheduleBuffers.Contains(name) ? "a buffer of the noise schedule, which is computed"
        : name.EndsWith("position_ids", StringComparison.Ordinal) ? "a constant: 0, 1, 2, …"
        : name is "model_ema.decay" or "model_ema.num_updates" ? "state of the average, not a weight"
        : name.StartsWith("first_stage_model.loss.", StringComparison.Ordinal) ? "the autoencoder's training loss"
        : name.StartsWith("vision_model.", StringComparison.Ordinal)
        || name is "text_projection.weight" or "visual_projection.weight" or "logit_scale"
            ? "a part of CLIP that the text encoder does not have"
        : null;
}
