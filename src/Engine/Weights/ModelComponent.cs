namespace InstructDiffusion.Engine.Weights;

/// <summary>The three networks of a latent diffusion model.</summary>
public enum ModelComponent
{
    /// <summary>UNet2DConditionModel.</summary>
    UNet,

    /// <summary>AutoencoderKL.</summary>
    Vae,

    /// <summary>CLIPTextModel.</summary>
    TextEncoder,
}

/// <summary>Names of components.</summary>
public static class ModelComponents
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelComponent> All { get; } = Enum.GetValues<ModelComponent>();

    /// <summary>The folder of a component in a diffusers model.</summary>
    public static string FolderName(this ModelComponent component) =>
        component switch
        {
            ModelComponent.UNet => "unet",
            ModelComponent.Vae => "vae",
            _ => "text_encoder",
        };

    /// <summary>The file, without extension, that diffusers and transformers look for in that folder.</summary>
    public static string FileStem(this ModelComponent component) =>
        component == ModelComponent.TextEncoder ? "model" : "diffusion_pytorch_model";
}
