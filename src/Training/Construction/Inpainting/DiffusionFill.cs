using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Inpainting;

/// <summary>
/// Fills without any model: the colours around a region flow into it as heat would (the smooth solution of Laplace's equation, by a
/// pyramid and some relaxation at each of its levels). It knows no texture and invents nothing: a stand-in for an inpainting model,
/// and named as one in the records.
/// </summary>
internal sealed class DiffusionFill : IInpainter
{
    private const int RelaxationsPerLevel = 24;

    /// <inheritdoc/>
    public ModelNote Model { get; } = new("inpainter", "diffusion-fill (stand-in, no model)", Sha256: null);

    /// <inheritdoc/>
    public JsonObject Settings { get; } = new() { ["inpainter"] = "fill" };

    /// <inheritdoc/>
    public RgbImage Fill(
        RgbImage image,
        RegionMask mask,
        string phrase,
        long seed,
        CancellationToken cancellationToken
    ) => Fill(image, mask);

    /// <summary>Fills.</summary>
    /// <exception cref="RejectedItemException">The region is the whole picture.</exception>
    public static RgbImage Fill(RgbImage image, RegionMask mask)
    {
        if (Array.TrueForAll(mask.Pixels, pixel => pixel))
        {
            throw new RejectedItemException("a region that is the whole picture", $"{mask.Width}x{mask.Height}");
        }
        var levels = new List<Level> { Level.Of(image, mask) };
        while (levels[^1].HasHoles)
        {
            levels.Add(levels[^1].Halve());
        }
        for (int i = levels.Count - 2; i >= 0; i--)
        {
            levels[i].FillFrom(levels[i + 1]);
            levels[i].Relax(RelaxationsPerLevel);
        }
        return levels[0].ToImage();
    }

    /// <summary>The picture at one size; what is not known has weight 0.</summary>
    private sealed class Level(int width, int height)
    {
        private readonly float[] _colors = new float[width * height * RgbImage.Channels];
        private readonly bool[] _isKnown = new bool[width * height];

        public bool HasHoles => Array.Exists(_isKnown, known => !known);

        public static Level Of(RgbImage image, RegionMask mask)
        {
            var level = new Level(image.Width, image.Height);
            for (int i = 0; i < level._isKnown.Length; i++)
            {
                level._isKnown[i] = !mask.Pixels[i];
            }
            for (int i = 0; i < level._colors.Length; i++)
            {
                level._colors[i] = image.Pixels[i];
            }
            return level;
        }

        /// <summary>Half the size: the mean of what is known of each two by two.</summary>
        public Level Halve()
        {
            var half = new Level((width + 1) / 2, (height + 1) / 2);
            int halfWidth = (width + 1) / 2;
            var counts = new int[half._isKnown.Length];
            for (int i = 0; i < _isKnown.Length; i++)
            {
                if (_isKnown[i])
                {
                    int to = i / width / 2 * halfWidth + i % width / 2;
                    counts[to]++;
                    for (int c = 0; c < RgbImage.Channels; c++)
                    {
                        half._colors[to * RgbImage.Channels + c] += _colors[i * RgbImage.Channels + c];
                    }
                }
            }
            for (int i = 0; i < counts.Length; i++)
            {
                half._isKnown[i] = counts[i] > 0;
                for (int c = 0; c < RgbImage.Channels; c++)
                {
                    half._colors[i * RgbImage.Channels + c] /= Math.Max(counts[i], 1);
                }
            }
            return half;
        }

        /// <summary>Where nothing is known: the smaller level's colours.</summary>
        public void FillFrom(Level half)
        {
            int halfWidth = (width + 1) / 2;
            for (int i = 0; i < _isKnown.Length; i++)
            {
                if (!_isKnown[i])
                {
                    int from = i / width / 2 * halfWidth + i % width / 2;
                    half._colors.AsSpan(from * RgbImage.Channels, RgbImage.Channels)
                        .CopyTo(_colors.AsSpan(i * RgbImage.Channels));
                }
            }
        }

        /// <summary>Every unknown pixel becomes the mean of its neighbours, in place, so many times.</summary>
        public void Relax(int times)
        {
            int[] holes = [.. Enumerable.Range(0, _isKnown.Length).Where(i => !_isKnown[i])];
            for (int time = 0; time < times; time++)
            {
                foreach (int i in holes)
                {
                    (int y, int x) = Math.DivRem(i, width);
                    int left = x > 0 ? i - 1 : i;
                    int right = x < width - 1 ? i + 1 : i;
                    int up = y > 0 ? i - width : i;
                    int down = y < height - 1 ? i + width : i;
                    for (int c = 0; c < RgbImage.Channels; c++)
                    {
                        _colors[i * 3 + c] =
                            (
                                _colors[left * 3 + c]
                                + _colors[right * 3 + c]
                                + _colors[up * 3 + c]
                                + _colors[down * 3 + c]
                            ) / 4;
                    }
                }
            }
        }

        public RgbImage ToImage() =>
            new(width, height, [.. _colors.Select(value => (byte)Math.Clamp(MathF.Round(value), 0, 255))]);
    }
}
