using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace InstructDiffusion.Training.Construction.Inpainting;

/// <summary>
/// LaMa (Suvorov et al. 2022), which the paper uses, from a user's ONNX file: a picture [1, 3, H, W] of 0…1 and a mask [1, 1, H, W]
/// of 0 or 1 in, a picture out. Files for one size get the picture at that size, others padded to whole eights.
/// </summary>
internal sealed class LamaInpainting : IInpainter, IDisposable
{
    private const int Multiple = 8;

    // Files give 0…1 or 0…255; a picture of 0…255 whose brightest value is this dark is black either way.
    private const float BrightestOfUnit = 1.5f;

    private readonly InferenceSession _session;
    private readonly string _imageName;
    private readonly string _maskName;
    private readonly ImageSize? _fixedSize;

    /// <param name="path">The ONNX file.</param>
    /// <param name="cancellationToken">Looked at while it is hashed.</param>
    /// <exception cref="DatasetException">It is missing, no model, or one with other inputs.</exception>
    public LamaInpainting(string path, CancellationToken cancellationToken = default)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException($"{path}: not found");
        }
        string hash = ModelDigest.Of(path, cancellationToken);
        Model = new ModelNote("inpainter", "lama-onnx", hash);
        Settings = new JsonObject { ["inpainter"] = "lama", ["model"] = hash };
        try
        {
            _session = new InferenceSession(path);
        }
        catch (OnnxRuntimeException error)
        {
            throw new DatasetException($"{path}: {error.Message}", error);
        }
        try
        {
            (_imageName, int[] shape) = InputOf(3, path);
            (_maskName, _) = InputOf(1, path);
            _fixedSize = shape[2] > 0 && shape[3] > 0 ? new ImageSize(shape[3], shape[2]) : null;
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ModelNote Model { get; }

    /// <inheritdoc/>
    public JsonObject Settings { get; }

    /// <inheritdoc/>
    public RgbImage Fill(RgbImage image, RegionMask mask, string phrase, long seed, CancellationToken cancellationToken)
    {
        var own = new ImageSize(image.Width, image.Height);
        ImageSize size = _fixedSize ?? new ImageSize(Up(image.Width), Up(image.Height));
        if (_fixedSize is null)
        {
            return Crop(Run(Pad(image, size), Pad(mask, size)), own);
        }
        RgbImage squashed = ImageResizer.Resize(image, size, ResizeFilter.Lanczos3);
        return ImageResizer.Resize(Run(squashed, mask.Resize(size.Width, size.Height)), own, ResizeFilter.Lanczos3);
    }

    public void Dispose() => _session.Dispose();

    private static int Up(int side) => (side + Multiple - 1) / Multiple * Multiple;

    private RgbImage Run(RgbImage image, RegionMask mask)
    {
        var picture = new DenseTensor<float>([1, RgbImage.Channels, image.Height, image.Width]);
        var hole = new DenseTensor<float>([1, 1, image.Height, image.Width]);
        int plane = image.Width * image.Height;
        for (int i = 0; i < plane; i++)
        {
            hole.SetValue(i, mask.Pixels[i] ? 1 : 0);
            for (int c = 0; c < RgbImage.Channels; c++)
            {
                picture.SetValue(c * plane + i, image.Pixels[i * RgbImage.Channels + c] / 255f);
            }
        }
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = _session.Run([
            NamedOnnxValue.CreateFromTensor(_imageName, picture),
            NamedOnnxValue.CreateFromTensor(_maskName, hole),
        ]);
        float[] values = [.. results[0].AsEnumerable<float>()];
        if (values.Length != plane * RgbImage.Channels || !Array.TrueForAll(values, float.IsFinite))
        {
            throw new RejectedItemException(
                "the model gave no picture",
                $"{values.Length} values for {image.Width}x{image.Height}"
            );
        }
        float scale = values.Max() > BrightestOfUnit ? 1 : 255;
        var pixels = new byte[values.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int c, int at) = Math.DivRem(i, plane);
            pixels[at * RgbImage.Channels + c] = (byte)Math.Clamp(MathF.Round(values[i] * scale), 0, 255);
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private (string Name, int[] Shape) InputOf(int channels, string path)
    {
        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            if (input.ElementType == typeof(float) && input.Dimensions is { Length: 4 } shape && shape[1] == channels)
            {
                return (name, shape);
            }
        }
        throw new DatasetException(
            $"{path}: no input of {channels} channels; a LaMa takes a picture (3) and a mask (1)"
        );
    }

    private static RgbImage Pad(RgbImage image, ImageSize size)
    {
        var pixels = new byte[size.Width * size.Height * RgbImage.Channels];
        for (int i = 0; i < size.Width * size.Height; i++)
        {
            int y = Math.Min(i / size.Width, image.Height - 1);
            int x = Math.Min(i % size.Width, image.Width - 1);
            image
                .Pixels.Slice((y * image.Width + x) * RgbImage.Channels, RgbImage.Channels)
                .CopyTo(pixels.AsSpan(i * RgbImage.Channels));
        }
        return new RgbImage(size.Width, size.Height, pixels);
    }

    private static RegionMask Pad(RegionMask mask, ImageSize size)
    {
        var pixels = new bool[size.Width * size.Height];
        for (int y = 0; y < mask.Height; y++)
        {
            mask.Pixels.AsSpan(y * mask.Width, mask.Width).CopyTo(pixels.AsSpan(y * size.Width));
        }
        return new RegionMask(size.Width, size.Height, pixels);
    }

    private static RgbImage Crop(RgbImage image, ImageSize size) =>
        Data.Pictures.PictureParts.Crop(image, 0, 0, size.Width, size.Height);
}
