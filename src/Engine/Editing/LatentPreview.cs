using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Latents as a small picture, by one linear map from the channels of a latent to the colour of the pixels it stands for:
/// thousands of times cheaper than the decoder. The map is fitted to the model's own encoder.
/// </summary>
internal sealed class LatentPreview
{
    // Latents a side of each picture that the map is fitted to.
    private const int FitSide = 12;

    // Keeps the fit defined where an encoder leaves a channel unused; the channels' own variances are around 1.
    private const double Ridge = 1e-6;

    private readonly double[] _map;
    private readonly int _factor;
    private readonly int _channels;

    private LatentPreview(double[] map, AutoencoderConfig config)
    {
        _map = map;
        _factor = config.DownsamplingFactor;
        _channels = config.LatentChannels;
    }

    /// <summary>Least squares of mean colours over the latents of pictures drawn by rule; takes as long as encoding them.</summary>
    public static LatentPreview Fit(AutoencoderKL autoencoder, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        AutoencoderConfig config = autoencoder.Config;
        IReadOnlyList<RgbImage> pictures = PreviewPictures.Draw(FitSide * config.DownsamplingFactor);
        Tensor pixels = cat([.. pictures.Select(PixelTensors.ToTensor)], 0); // [n, 3, H, W]
        using DiagonalGaussian posterior = autoencoder.Encode(pixels.to(device));
        Tensor latents = Columns(posterior.Mean.cpu()); // [n·h·w, C]
        Tensor inputs = cat([latents, ones(latents.size(0), 1, dtype: ScalarType.Float64)], 1); // [n·h·w, C + 1]
        Tensor colors = Columns(nn.functional.avg_pool2d(pixels, config.DownsamplingFactor)); // [n·h·w, 3]

        // Normal equations: five unknowns and well spread data.
        Tensor square = inputs.t().mm(inputs).Over(inputs.size(0)); // [C + 1, C + 1]
        Tensor regular = square.Plus(eye(square.size(0), dtype: ScalarType.Float64).Times(Ridge));
        Tensor map = linalg.solve(regular, inputs.t().mm(colors).Over(inputs.size(0))); // [C + 1, 3]
        return new LatentPreview(map.data<double>().ToArray(), config);
    }

    /// <summary>A picture with one pixel a latent, cut to what the source covers.</summary>
    /// <param name="latents">[1, C, h, w] on any device, as the encoder gives them: not scaled.</param>
    /// <param name="canvas">Where the source lies.</param>
    public RgbImage Picture(Tensor latents, EditCanvas canvas)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor map = tensor(_map).view(_channels + 1, RgbImage.Channels);
        Tensor colors = Columns(latents.cpu().nan_to_num(0)).mm(map.narrow(0, 0, _channels)).Plus(map[_channels]);
        Tensor image = colors.view(1, latents.size(2), latents.size(3), RgbImage.Channels).permute(0, 3, 1, 2);
        return Cut(PixelTensors.ToImage(image), canvas);
    }

    // [n, C, h, w] → [n·h·w, C]
    private static Tensor Columns(Tensor planes) =>
        planes.to(ScalarType.Float64).permute(0, 2, 3, 1).reshape(-1, planes.size(1));

    private RgbImage Cut(RgbImage whole, EditCanvas canvas)
    {
        (double left, double top) = canvas.Map.ToCanvas(0, 0);
        (double right, double bottom) = canvas.Map.ToCanvas(canvas.Source.Width, canvas.Source.Height);
        var box = new ResizeBox(
            (float)Math.Max(0, left / _factor),
            (float)Math.Max(0, top / _factor),
            (float)Math.Min(whole.Width, right / _factor),
            (float)Math.Min(whole.Height, bottom / _factor)
        );
        var size = new ImageSize(Side(box.Right - box.Left), Side(box.Bottom - box.Top));
        return ImageResizer.Resize(whole, size, ResizeFilter.Bilinear, box);
    }

    private static int Side(double length) => Math.Max(1, (int)Math.Round(length));
}
