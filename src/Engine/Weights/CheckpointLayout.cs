namespace InstructDiffusion.Engine.Weights;

/// <summary>How a checkpoint is laid out.</summary>
public enum CheckpointLayout
{
    /// <summary>A folder with unet, vae and text_encoder.</summary>
    Diffusers,

    /// <summary>One file in ldm names: the authors' converted checkpoints, Stable Diffusion 1.</summary>
    Ldm,

    /// <summary>An ldm file of a Lightning training run, with an EMA copy beside the raw weights (InstructPix2Pix).</summary>
    Lightning,

    /// <summary>The authors' training <c>state.pth</c>: the EMA copy of the UNet alone, under names without dots.</summary>
    TrainingState,
}
