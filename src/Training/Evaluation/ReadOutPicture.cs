using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Shows what was read out of an answer, on the darkened source.</summary>
internal static class ReadOutPicture
{
    private const int Arm = 3;

    /// <summary>Whether a task's answers are read out.</summary>
    public static bool Has(string task) => task is DemoTask.Segmentation or DemoTask.Keypoints;

    /// <summary>The mask in white, or the point as a white cross; the darkened source alone where nothing was found.</summary>
    public static RgbImage Draw(JudgedPair judged)
    {
        DemoTruth truth = judged.Pair.Truth;
        RgbImage source = truth.Source;
        byte[] pixels = source.Pixels.ToArray();
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] /= 2;
        }
        if (string.Equals(truth.Task, DemoTask.Segmentation, StringComparison.Ordinal))
        {
            bool[] mask = PictureMeasure.ReadMask(truth, judged.Before, judged.Answer);
            for (int i = 0; i < mask.Length; i++)
            {
                if (mask[i])
                {
                    Whiten(pixels, i);
                }
            }
        }
        else if (PictureMeasure.FindPoint(truth, judged.Before, judged.Answer) is { } point)
        {
            DrawCross(pixels, source.Width, source.Height, point);
        }
        return new RgbImage(source.Width, source.Height, pixels);
    }

    private static void DrawCross(byte[] pixels, int width, int height, KeypointReading point)
    {
        (int x, int y) = ((int)Math.Round(point.X), (int)Math.Round(point.Y));
        for (int column = Math.Max(0, x - Arm); column <= Math.Min(width - 1, x + Arm); column++)
        {
            Whiten(pixels, y * width + column);
        }
        for (int row = Math.Max(0, y - Arm); row <= Math.Min(height - 1, y + Arm); row++)
        {
            Whiten(pixels, row * width + x);
        }
    }

    private static void Whiten(byte[] pixels, int pixel) =>
        pixels.AsSpan(pixel * RgbImage.Channels, RgbImage.Channels).Fill(255);
}
