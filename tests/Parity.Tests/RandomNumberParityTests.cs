using System.Globalization;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>What libtorch's CPU generator gives for a seed, as the Python pipelines and training scripts draw it.</summary>
public sealed class RandomNumberParityTests
{
    private const string File = "rng_cpu.safetensors";

    private static readonly TensorFile Data = Fixture.Default.Tensors(File);

    // The second of two draws is checked after its first.
    public static TheoryData<string> Draws() =>
        [.. Data.Names.Where(name => !name.EndsWith(".second", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Draws))]
    public void Draw_OfASeed_IsTheReferences(string name)
    {
        using var scope = NewDisposeScope();
        string[] parts = name.Split('.'); // kind, seed, case
        long seed = long.Parse(parts[1]["seed".Length..], CultureInfo.InvariantCulture);
        long[] shape = Data.Shape(name);
        using var generator = new Generator((ulong)seed, CPU);
        using var noise = new NoiseSource(seed);

        Tensor drawn = parts[0] switch
        {
            "randn" or "randn2" => noise.Next(shape),
            "rand" => rand(shape, ScalarType.Float32, generator: generator),
            _ when LimitOf(parts[0], "randint") is { } limit => randint(
                limit,
                shape,
                ScalarType.Int64,
                generator: generator
            ),
            _ when LimitOf(parts[0], "randperm") is { } count => randperm(
                count,
                ScalarType.Int64,
                generator: generator
            ),
            _ => throw new InvalidDataException($"{File} holds {name}, which this test does not know"),
        };

        double atol = Fixture.Default.Tolerance(File);
        Fixture.AssertClose(drawn, Data.Tensor(name), atol, $"rng_cpu/{name}");
        if (string.Equals(parts[0], "randn2", StringComparison.Ordinal))
        {
            string second = name.Replace(".first", ".second", StringComparison.Ordinal);
            Fixture.AssertClose(noise.Next(Data.Shape(second)), Data.Tensor(second), atol, $"rng_cpu/{second}");
        }
    }

    // "randint1000" → 1000
    private static int? LimitOf(string kind, string prefix) =>
        kind.StartsWith(prefix, StringComparison.Ordinal)
            ? int.Parse(kind[prefix.Length..], CultureInfo.InvariantCulture)
            : null;
}
