namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// Gives a cut-out one hue and keeps its shading: each pixel's lightness is scaled so that the mean suits the colour (red is darker
/// than yellow), then coloured as strongly as the lightness allows.
/// </summary>
internal sealed class Recolouring
{
    private const float RedWeight = 0.299f;
    private const float GreenWeight = 0.587f;
    private const float BlueWeight = 0.114f;

    /// <summary>How far towards the strongest colour of the same lightness.</summary>
    private const float Strength = 0.85f;

    private readonly float _red;
    private readonly float _green;
    private readonly float _blue;
    private readonly float _lightness;

    public Recolouring(NamedColor color)
    {
        _red = color.Red;
        _green = color.Green;
        _blue = color.Blue;
        _lightness = Lightness(_red, _green, _blue);
    }

    /// <summary>The colours an object may be asked to take.</summary>
    public static IReadOnlyList<NamedColor> Palette { get; } =
    [
        new("red", 220, 30, 30),
        new("orange", 245, 135, 20),
        new("yellow", 245, 215, 40),
        new("green", 50, 160, 50),
        new("blue", 40, 90, 220),
        new("purple", 140, 50, 180),
        new("pink", 245, 130, 180),
    ];

    /// <summary>Recolours premultiplied R G B A pixels in place.</summary>
    public void Apply(Span<float> pixels)
    {
        float alphas = 0;
        float sum = 0;
        for (int at = 0; at < pixels.Length; at += 4)
        {
            alphas += pixels[at + 3];
            sum += Lightness(pixels[at], pixels[at + 1], pixels[at + 2]);
        }
        float mean = alphas > 0 ? sum / alphas : 0;
        float gain = Math.Clamp(_lightness / Math.Max(mean, 1), 0.3f, 3f);
        for (int at = 0; at < pixels.Length; at += 4)
        {
            float alpha = pixels[at + 3];
            if (alpha <= 0)
            {
                continue;
            }
            float lightness = Math.Min(gain * Lightness(pixels[at], pixels[at + 1], pixels[at + 2]) / alpha, 255);
            float strength = Strength * Reach(lightness);
            pixels[at] = alpha * (lightness + strength * (_red - _lightness));
            pixels[at + 1] = alpha * (lightness + strength * (_green - _lightness));
            pixels[at + 2] = alpha * (lightness + strength * (_blue - _lightness));
        }
    }

    private static float Lightness(float red, float green, float blue) =>
        RedWeight * red + GreenWeight * green + BlueWeight * blue;

    /// <summary>How many times the colour's distance from grey fits at this lightness without clipping, at most 1.5.</summary>
    private float Reach(float lightness)
    {
        float reach = 1.5f;
        foreach (float distance in (ReadOnlySpan<float>)[_red - _lightness, _green - _lightness, _blue - _lightness])
        {
            float room = distance > 0 ? 255 - lightness : lightness;
            reach = Math.Min(reach, room / Math.Max(Math.Abs(distance), 1e-3f));
        }
        return reach;
    }
}
