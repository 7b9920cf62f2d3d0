namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>What a 9-channel UNet sees beside the noisy latents, which are its first four channels.</summary>
public enum InpaintingLayout
{
    /// <summary>Stable Diffusion's inpainting models: the mask, 1 where something is to be painted, then the latents of the rest.</summary>
    MaskFirst,

    /// <summary>Paint-by-Example: the latents of the rest, then the mask, 1 where the picture is kept.</summary>
    KeptLast,
}
