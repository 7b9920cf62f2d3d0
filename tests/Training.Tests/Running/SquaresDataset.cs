using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Running;

/// <summary>Pairs without files: a grey square that is to become red or blue.</summary>
internal sealed class SquaresDataset(int resolution, long count = 64) : IEditDataset
{
    public string Name => "squares";

    public long Count => count;

    public string Fingerprint { get; init; } = "squares-fingerprint-1";

    /// <summary>Every instruction in the same words at every visit.</summary>
    public bool HasOneWording { get; init; }

    /// <summary>Indices that cannot be read.</summary>
    public IReadOnlySet<long> Broken { get; init; } = new HashSet<long>();

    /// <summary>Told every index that is read.</summary>
    public Action<long>? OnRead { get; init; }

    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        OnRead?.Invoke(index);
        if (Broken.Contains(index))
        {
            throw new BrokenSampleException($"square {index} is torn");
        }
        int left = augmentation.Next(resolution / 2);
        (string instruction, string task) = Describe(index, augmentation, phrasing);
        (byte, byte, byte) colour = index % 2 == 0 ? ((byte)255, (byte)0, (byte)0) : ((byte)0, (byte)0, (byte)255);
        return new EditSample(Square(left, (128, 128, 128)), Square(left, colour), instruction, task);
    }

    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing) =>
        (
            (HasOneWording || phrasing.Next(2) == 0 ? "make it " : "paint it ") + (index % 2 == 0 ? "red" : "blue"),
            index % 2 == 0 ? "red" : "blue"
        );

    private RgbImage Square(int left, (byte R, byte G, byte B) colour)
    {
        var pixels = new byte[resolution * resolution * 3];
        for (int y = resolution / 4; y < resolution * 3 / 4; y++)
        {
            for (int x = left; x < left + resolution / 2; x++)
            {
                int at = (y * resolution + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = colour;
            }
        }
        return new RgbImage(resolution, resolution, pixels);
    }
}
