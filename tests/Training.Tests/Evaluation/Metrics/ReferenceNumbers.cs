using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Tests.Evaluation.Metrics;

/// <summary>
/// The numbers and pictures of <c>reference.py</c> beside this file, which computes what the metrics must give from their definitions and
/// in another way; what it printed stands in the tests.
/// </summary>
internal sealed class ReferenceNumbers(uint seed)
{
    private uint _state = seed;

    public int Next(int count)
    {
        _state = unchecked((_state * 1103515245) + 12345) & 0x7FFFFFFF;
        return (int)((_state >> 8) % (uint)count);
    }

    public static RgbImage Picture(int width, int height) => Paint(width, height, Level);

    public static RgbImage OtherPicture(int width, int height) =>
        Paint(width, height, (x, y, c) => (Level(x, y, c) * 3 / 4) + (((x * x) + (y * 7) + (c * 11)) % 31));

    private static int Level(int x, int y, int c) => ((x * 37) + (y * 91) + (c * 53) + (x * y % 17 * 5)) % 256;

    private static RgbImage Paint(int width, int height, Func<int, int, int, int> level)
    {
        var pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)level(i / 3 % width, i / 3 / width, i % 3);
        }
        return new RgbImage(width, height, pixels);
    }
}
