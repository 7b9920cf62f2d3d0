namespace InstructDiffusion.Engine.Imaging;

/// <summary>Pillow's interpolation filters. All are widened when shrinking, so that nothing aliases.</summary>
public enum ResizeFilter
{
    /// <summary>Triangle, 1 pixel either side.</summary>
    Bilinear,

    /// <summary>Cubic convolution with a = -0.5, 2 pixels either side.</summary>
    Bicubic,

    /// <summary>Sinc windowed by a wider sinc, 3 pixels either side: the authors' choice.</summary>
    Lanczos3,
}
