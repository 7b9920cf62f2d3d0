using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class RecolouringTests
{
    public static TheoryData<string> Names => [.. Recolouring.Palette.Select(color => color.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_BringsAnyObjectNearTheColour(string name)
    {
        NamedColor color = Recolouring.Palette.Single(entry => entry.Name == name);
        float[] pixels = Shaded(230, 180, 60);

        new Recolouring(color).Apply(pixels);

        (double red, double green, double blue) = Mean(pixels);
        NamedColor nearest = Recolouring.Palette.MinBy(entry => entry.DistanceTo(red, green, blue))!;
        Assert.Equal(name, nearest.Name);
    }

    [Fact]
    public void Apply_KeepsShapeAndShading()
    {
        float[] pixels = Shaded(200, 60, 60);
        float[] before = (float[])pixels.Clone();

        new Recolouring(Recolouring.Palette[3]).Apply(pixels);

        for (int at = 0; at < pixels.Length; at += 4)
        {
            Assert.Equal(before[at + 3], pixels[at + 3]);
            Assert.InRange(pixels[at], 0, 255 * pixels[at + 3] + 0.01f);
            Assert.InRange(pixels[at + 1], 0, 255 * pixels[at + 3] + 0.01f);
        }
        // Brighter before, brighter after.
        Assert.True(pixels[^3] > pixels[1]);
    }

    /// <summary>One colour from half to full lightness, half covering.</summary>
    private static float[] Shaded(float red, float green, float blue)
    {
        var pixels = new float[64 * 4];
        for (int i = 0; i < 64; i++)
        {
            float light = 0.5f * (0.5f + i / 126f);
            (pixels[i * 4], pixels[i * 4 + 1], pixels[i * 4 + 2]) = (red * light, green * light, blue * light);
            pixels[i * 4 + 3] = 0.5f;
        }
        return pixels;
    }

    private static (double Red, double Green, double Blue) Mean(float[] pixels)
    {
        double Of(int channel) => Enumerable.Range(0, 64).Average(i => pixels[i * 4 + channel] / pixels[i * 4 + 3]);
        return (Of(0), Of(1), Of(2));
    }
}
