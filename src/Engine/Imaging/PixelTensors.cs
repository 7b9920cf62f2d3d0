using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>Pictures as the models see them: float32 [1, 3, H, W], channels R G B, 0…255 as -1…1.</summary>
public static class PixelTensors
{
    private static readonly float[] Levels = MakeLevels();

    /// <summary>2 * x / 255 - 1 in float32, as edit_cli.py writes it (and equal to diffusers' 2 * (x / 255) - 1).</summary>
    /// <returns>float32 [1, 3, H, W] on the CPU, owned by the caller.</returns>
    public static Tensor ToTensor(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        int plane = image.Width * image.Height;
        var values = new float[checked(plane * RgbImage.Channels)];
        ReadOnlySpan<byte> pixels = image.Pixels;
        for (int i = 0; i < plane; i++)
        {
            values[i] = Levels[pixels[RgbImage.Channels * i]];
            values[plane + i] = Levels[pixels[(RgbImage.Channels * i) + 1]];
            values[(2 * plane) + i] = Levels[pixels[(RgbImage.Channels * i) + 2]];
        }
        return tensor(values, [1, RgbImage.Channels, image.Height, image.Width]);
    }

    /// <summary>Clamps to -1…1 and turns into bytes.</summary>
    /// <param name="image">Floating point [1, 3, H, W], finite (see <see cref="IsFinite"/>), on any device.</param>
    /// <param name="rounding">Which byte a level in between becomes.</param>
    /// <exception cref="ArgumentException">Another shape or an integer type.</exception>
    public static RgbImage ToImage(Tensor image, PixelRounding rounding = PixelRounding.Nearest)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (
            image.dim() != 4
            || image.shape[0] != 1
            || image.shape[1] != RgbImage.Channels
            || !image.is_floating_point()
        )
        {
            throw new ArgumentException(
                $"image: expected floating point [1, 3, H, W], got {image.dtype} [{string.Join(", ", image.shape)}]",
                nameof(image)
            );
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor x = image.to(ScalarType.Float32); // [1, 3, H, W]
        Tensor levels = rounding switch
        {
            PixelRounding.Nearest => x.Over(2).Plus(0.5).Within(0, 1).Times(255).round_(),
            PixelRounding.Truncate => x.Plus(1).Over(2).Within(0, 1).Times(255),
            _ => throw new ArgumentOutOfRangeException(nameof(rounding), rounding, "rounding: unknown"),
        };
        Tensor bytes = levels.to(ScalarType.Byte)[0].permute(1, 2, 0).cpu().contiguous(); // [H, W, 3]
        return new RgbImage((int)image.shape[3], (int)image.shape[2], bytes.data<byte>().ToArray());
    }

    /// <summary>False when any value is NaN or infinite. One pass: NaN goes through minimum and maximum, infinities are one of them.</summary>
    /// <param name="values">Floating point, at least one element, any shape and device.</param>
    public static bool IsFinite(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        (Tensor min, Tensor max) = values.aminmax();
        return double.IsFinite(min.to(ScalarType.Float64).item<double>())
            && double.IsFinite(max.to(ScalarType.Float64).item<double>());
    }

    private static float[] MakeLevels()
    {
        var levels = new float[256];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = (2f * i / 255f) - 1f;
        }
        return levels;
    }
}
