namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A cut-out drawn at its place in a scene: premultiplied pixels of a part of the picture.</summary>
internal sealed class Sprite
{
    private readonly float[] _values;

    private Sprite(int side, int left, int top, int width, int height)
    {
        Side = side;
        Left = left;
        Top = top;
        Width = width;
        Height = height;
        _values = new float[width * height * 4];
    }

    public int Side { get; }

    public int Left { get; }

    public int Top { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Draws an object; every pixel is the mean of the points in it.</summary>
    /// <param name="pixels">Its cut-out.</param>
    /// <param name="placed">Where and how.</param>
    /// <param name="side">The picture's side, pixels.</param>
    public static Sprite Draw(GlyphPixels pixels, SceneObject placed, int side)
    {
        (double width, double height) = placed.Extent;
        int left = Math.Clamp((int)Math.Floor((placed.CenterX - width / 2) * side) - 1, 0, side - 1);
        int top = Math.Clamp((int)Math.Floor((placed.CenterY - height / 2) * side) - 1, 0, side - 1);
        int right = Math.Clamp((int)Math.Ceiling((placed.CenterX + width / 2) * side) + 1, left + 1, side);
        int bottom = Math.Clamp((int)Math.Ceiling((placed.CenterY + height / 2) * side) + 1, top + 1, side);
        var sprite = new Sprite(side, left, top, right - left, bottom - top);
        // Pixels of the cut-out per pixel of the picture.
        double ratio = Math.Max(pixels.Width, pixels.Height) / (placed.Size * side);
        int samples = Math.Clamp((int)Math.Ceiling(ratio) + 1, 2, 6);
        (double sine, double cosine) = Math.SinCos(placed.Angle * Math.PI / 180);
        double mirror = placed.Flip ? -1 : 1;
        Span<float> sum = stackalloc float[4];
        for (int y = 0, at = 0; y < sprite.Height; y++)
        {
            for (int x = 0; x < sprite.Width; x++, at += 4)
            {
                sum.Clear();
                for (int sample = 0; sample < samples * samples; sample++)
                {
                    double dx = left + x + (sample % samples + 0.5) / samples - placed.CenterX * side;
                    double dy = top + y + (sample / samples + 0.5) / samples - placed.CenterY * side;
                    double glyphX = mirror * (dx * cosine + dy * sine) * ratio + pixels.Width / 2.0;
                    double glyphY = (dy * cosine - dx * sine) * ratio + pixels.Height / 2.0;
                    AddSample(pixels, glyphX, glyphY, sum);
                }
                float weight = 1f / (samples * samples);
                float alpha = sum[3] * weight;
                sprite._values[at] = Math.Min(sum[0] * weight * (float)placed.Red, 255 * alpha);
                sprite._values[at + 1] = Math.Min(sum[1] * weight * (float)placed.Green, 255 * alpha);
                sprite._values[at + 2] = Math.Min(sum[2] * weight * (float)placed.Blue, 255 * alpha);
                sprite._values[at + 3] = alpha;
            }
        }
        return sprite;
    }

    /// <summary>Opacity at a pixel of the picture, 0…1; 0 outside.</summary>
    public float AlphaAt(int x, int y) =>
        x < Left || y < Top || x >= Left + Width || y >= Top + Height
            ? 0
            : _values[((y - Top) * Width + x - Left) * 4 + 3];

    /// <summary>Lays it over a picture (R G B, 0…255).</summary>
    public void Over(float[] picture)
    {
        for (int y = 0, from = 0; y < Height; y++)
        {
            int to = ((Top + y) * Side + Left) * 3;
            for (int x = 0; x < Width; x++, from += 4, to += 3)
            {
                float rest = 1 - _values[from + 3];
                picture[to] = picture[to] * rest + _values[from];
                picture[to + 1] = picture[to + 1] * rest + _values[from + 1];
                picture[to + 2] = picture[to + 2] * rest + _values[from + 2];
            }
        }
    }

    /// <summary>The same shape in another colour; see <see cref="Recolouring"/>.</summary>
    public Sprite Recoloured(Recolouring recolouring)
    {
        var result = new Sprite(Side, Left, Top, Width, Height);
        _values.CopyTo(result._values, 0);
        recolouring.Apply(result._values);
        return result;
    }

    private static void AddSample(GlyphPixels pixels, double x, double y, Span<float> sum)
    {
        x -= 0.5;
        y -= 0.5;
        int left = (int)Math.Floor(x);
        int top = (int)Math.Floor(y);
        var partX = (float)(x - left);
        var partY = (float)(y - top);
        Add(pixels, left, top, (1 - partX) * (1 - partY), sum);
        Add(pixels, left + 1, top, partX * (1 - partY), sum);
        Add(pixels, left, top + 1, (1 - partX) * partY, sum);
        Add(pixels, left + 1, top + 1, partX * partY, sum);
    }

    private static void Add(GlyphPixels pixels, int x, int y, float weight, Span<float> sum)
    {
        if (x < 0 || y < 0 || x >= pixels.Width || y >= pixels.Height)
        {
            return;
        }
        ReadOnlySpan<float> pixel = pixels.Values.AsSpan((y * pixels.Width + x) * 4, 4);
        sum[0] += weight * pixel[0];
        sum[1] += weight * pixel[1];
        sum[2] += weight * pixel[2];
        sum[3] += weight * pixel[3];
    }
}
