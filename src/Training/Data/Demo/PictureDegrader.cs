using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Spoils pictures, given and returned as R G B in 0…255, row by row.</summary>
internal static class PictureDegrader
{
    /// <summary>The side that lengths of <see cref="Degradation"/> are meant for.</summary>
    private const double ReferenceSide = 64;

    /// <summary>A spoilt copy.</summary>
    /// <param name="picture">Not changed.</param>
    /// <param name="side">Its side, pixels.</param>
    /// <param name="degradation">How.</param>
    public static float[] Apply(float[] picture, int side, Degradation degradation) =>
        degradation.Kind switch
        {
            DegradationKind.ColorNoise or DegradationKind.GrayNoise => AddNoise(picture, degradation),
            DegradationKind.SaltAndPepper => AddSaltAndPepper(picture, degradation),
            DegradationKind.GaussianBlur => BlurEvenly(picture, side, degradation.Strength * side / ReferenceSide),
            DegradationKind.MotionBlur => BlurAlong(picture, side, degradation),
            _ => Stamp(picture, side, degradation),
        };

    private static CounterRandom NoiseOf(Degradation degradation) => new(degradation.Seed, RandomPurpose.Scene, 0);

    private static float[] AddNoise(float[] picture, Degradation degradation)
    {
        CounterRandom random = NoiseOf(degradation);
        bool isGray = degradation.Kind == DegradationKind.GrayNoise;
        var noise = new float[isGray ? picture.Length / 3 : picture.Length];
        random.FillNormal(noise);
        var result = new float[picture.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = picture[i] + (float)degradation.Strength * noise[isGray ? i / 3 : i];
        }
        return result;
    }

    private static float[] AddSaltAndPepper(float[] picture, Degradation degradation)
    {
        CounterRandom random = NoiseOf(degradation);
        var result = (float[])picture.Clone();
        for (int i = 0; i < result.Length; i += 3)
        {
            double draw = random.NextDouble();
            if (draw < degradation.Strength)
            {
                result.AsSpan(i, 3).Fill(draw < degradation.Strength / 2 ? 0 : 255);
            }
        }
        return result;
    }

    private static float[] BlurEvenly(float[] picture, int side, double deviation)
    {
        int reach = Math.Max(1, (int)Math.Ceiling(3 * deviation));
        var weights = new float[2 * reach + 1];
        for (int k = -reach; k <= reach; k++)
        {
            weights[k + reach] = (float)Math.Exp(-k * k / (2 * deviation * deviation));
        }
        float sum = weights.Sum();
        var across = new float[picture.Length];
        var result = new float[picture.Length];
        for (int pass = 0; pass < 2; pass++)
        {
            float[] from = pass == 0 ? picture : across;
            float[] to = pass == 0 ? across : result;
            for (int y = 0, at = 0; y < side; y++)
            {
                for (int x = 0; x < side; x++, at += 3)
                {
                    for (int k = -reach; k <= reach; k++)
                    {
                        int near =
                            pass == 0
                                ? (y * side + Math.Clamp(x + k, 0, side - 1)) * 3
                                : (Math.Clamp(y + k, 0, side - 1) * side + x) * 3;
                        float weight = weights[k + reach] / sum;
                        to[at] += weight * from[near];
                        to[at + 1] += weight * from[near + 1];
                        to[at + 2] += weight * from[near + 2];
                    }
                }
            }
        }
        return result;
    }

    private static float[] BlurAlong(float[] picture, int side, Degradation degradation)
    {
        double length = degradation.Strength * side / ReferenceSide;
        int taps = Math.Max(3, (int)Math.Ceiling(length) + 1);
        (double sine, double cosine) = Math.SinCos(degradation.Angle * Math.PI / 180);
        var result = new float[picture.Length];
        for (int k = 0; k < taps; k++)
        {
            double offset = length * ((double)k / (taps - 1) - 0.5);
            AddShifted(picture, result, side, offset * cosine, offset * sine, 1f / taps);
        }
        return result;
    }

    private static void AddShifted(float[] picture, float[] sum, int side, double shiftX, double shiftY, float weight)
    {
        (int wholeX, int wholeY) = ((int)Math.Floor(shiftX), (int)Math.Floor(shiftY));
        (float partX, float partY) = ((float)(shiftX - wholeX), (float)(shiftY - wholeY));
        for (int y = 0, at = 0; y < side; y++)
        {
            int upper = Math.Clamp(y + wholeY, 0, side - 1) * side;
            int lower = Math.Clamp(y + wholeY + 1, 0, side - 1) * side;
            for (int x = 0; x < side; x++, at += 3)
            {
                int left = Math.Clamp(x + wholeX, 0, side - 1);
                int right = Math.Clamp(x + wholeX + 1, 0, side - 1);
                for (int channel = 0; channel < 3; channel++)
                {
                    float above = Between(
                        picture[(upper + left) * 3 + channel],
                        picture[(upper + right) * 3 + channel],
                        partX
                    );
                    float below = Between(
                        picture[(lower + left) * 3 + channel],
                        picture[(lower + right) * 3 + channel],
                        partX
                    );
                    sum[at + channel] += weight * Between(above, below, partY);
                }
            }
        }
    }

    private static float Between(float first, float second, float part) => first + (second - first) * part;

    private static float[] Stamp(float[] picture, int side, Degradation degradation)
    {
        const int Samples = 3;
        NamedColor color =
            degradation.Color
            ?? throw new ArgumentException("degradation: a watermark needs a colour", nameof(degradation));
        var result = (float[])picture.Clone();
        (double sine, double cosine) = Math.SinCos(degradation.Angle * Math.PI / 180);
        double unit = ReferenceSide / side;
        for (int y = 0, at = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++, at += 3)
            {
                int covered = 0;
                for (int sample = 0; sample < Samples * Samples; sample++)
                {
                    double dx = (x + (sample % Samples + 0.5) / Samples) * unit - ReferenceSide / 2;
                    double dy = (y + (sample / Samples + 0.5) / Samples) * unit - ReferenceSide / 2;
                    covered += IsCovered(degradation, dx * cosine + dy * sine, dy * cosine - dx * sine) ? 1 : 0;
                }
                float alpha = (float)(degradation.Strength * covered / (Samples * Samples));
                result[at] += alpha * (color.Red - result[at]);
                result[at + 1] += alpha * (color.Green - result[at + 1]);
                result[at + 2] += alpha * (color.Blue - result[at + 2]);
            }
        }
        return result;
    }

    /// <summary>Whether a watermark covers a point, in its own turned coordinates around the picture's middle.</summary>
    private static bool IsCovered(Degradation degradation, double x, double y)
    {
        double scale = degradation.Scale;
        double width = BitmapFont.WidthOf(degradation.Text) * scale;
        double height = BitmapFont.Height * scale;
        switch (degradation.Kind)
        {
            case DegradationKind.Stripes:
                return Modulo(x, scale * 3) < scale;
            case DegradationKind.Word:
                return HasDot((x + width / 2) / scale, (y + height / 2) / scale);
            default:
                double line = Math.Floor(y / (height * 2));
                double inLine = Modulo(x + line * width / 2, width + 8 * scale);
                return HasDot(inLine / scale, Modulo(y, height * 2) / scale);
        }

        bool HasDot(double dotX, double dotY) =>
            BitmapFont.HasDot(degradation.Text, (int)Math.Floor(dotX), (int)Math.Floor(dotY));
    }

    private static double Modulo(double value, double period) => value - Math.Floor(value / period) * period;
}
