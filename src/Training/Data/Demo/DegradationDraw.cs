using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Draws how a picture is spoilt: strongly enough that leaving it so is clearly worse (some 17 to 24 dB).</summary>
internal static class DegradationDraw
{
    private static readonly string[] Texts =
    [
        "SAMPLE",
        "PREVIEW",
        "DEMO",
        "DRAFT",
        "COPY",
        "PHOTO",
        "STOCK",
        "PROOF",
        "IMAGE",
        "TEST",
        "2024",
        "ABC",
    ];

    private static readonly NamedColor[] Inks =
    [
        new("white", 255, 255, 255),
        new("white", 255, 255, 255),
        new("black", 0, 0, 0),
        new("black", 0, 0, 0),
        new("red", 220, 30, 30),
        new("blue", 30, 60, 220),
    ];

    /// <summary>One for denoise, deblur or watermark.</summary>
    public static Degradation For(string task, ref CounterRandom random)
    {
        long seed = random.Next(long.MaxValue);
        switch (task)
        {
            case DemoTask.Denoise:
                return random.Next(10) switch
                {
                    < 6 => new Degradation(DegradationKind.ColorNoise, random.NextDouble(20, 50), seed),
                    < 8 => new Degradation(DegradationKind.GrayNoise, random.NextDouble(20, 45), seed),
                    _ => new Degradation(DegradationKind.SaltAndPepper, random.NextDouble(0.02, 0.1), seed),
                };
            case DemoTask.Deblur:
                return random.Chance(0.6)
                    ? new Degradation(DegradationKind.GaussianBlur, random.NextDouble(1, 2.2), seed)
                    : new Degradation(
                        DegradationKind.MotionBlur,
                        random.NextDouble(5, 9),
                        seed,
                        random.NextDouble(0, 180)
                    );
            default:
                DegradationKind kind = random.Pick([
                    DegradationKind.Word,
                    DegradationKind.Words,
                    DegradationKind.Words,
                    DegradationKind.Stripes,
                ]);
                string text = random.Pick(Texts);
                double scale = kind switch
                {
                    // As wide as the picture, nearly.
                    DegradationKind.Word => random.NextDouble(46, 62) / BitmapFont.WidthOf(text),
                    DegradationKind.Words => random.NextDouble(1, 1.6),
                    _ => random.NextDouble(2, 5),
                };
                double angle = random.Chance(0.4) ? 0 : random.NextDouble(-45, 45);
                return new Degradation(kind, random.NextDouble(0.3, 0.6), seed, angle, text, random.Pick(Inks), scale);
        }
    }
}
